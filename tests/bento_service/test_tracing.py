"""A quote is traced from its request to the journal, where an exporter is configured."""

import os
import subprocess
import sys

import pytest

from diamonds.settings import PROJECT
from diamonds.versions import store
from diamonds.versions.version import Version

EXPORTER = '{"services": {"tracing": {"exporter_type": "in_memory", "sample_rate": 1.0}}}'
TRACE = "0af7651916cd43dd8448eb211c80319c"
QUOTE = f"""
import asyncio
import httpx
from bentoml._internal.configuration.containers import BentoMLContainer
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from bento_service.service import DiamondService
from tests.bento_service.conftest import STONE

app, spans = DiamondService.to_asgi(), InMemorySpanExporter()
BentoMLContainer.tracer_provider.get().add_span_processor(SimpleSpanProcessor(spans))

async def quote():
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
    await client.post("/predict", json=STONE, headers={{"traceparent": "00-{TRACE}-b7ad6b7169203331-01"}})

async def main():
    messages, started, ended = asyncio.Queue(), asyncio.Event(), asyncio.Event()
    async def send(message):
        (started if message["type"].startswith("lifespan.startup") else ended).set()
    scope = {{"type": "lifespan", "asgi": {{"version": "3.0"}}, "state": {{}}}}
    lifespan = asyncio.create_task(app(scope, messages.get, send))
    await messages.put({{"type": "lifespan.startup"}})
    await started.wait()
    await quote()
    await messages.put({{"type": "lifespan.shutdown"}})
    await ended.wait()
    names = {{span.context.span_id: span.name for span in spans.get_finished_spans()}}
    for span in spans.get_finished_spans():
        print(span.name, "in", names.get(span.parent.span_id), format(span.context.trace_id, "032x"))

asyncio.run(main())
"""


@pytest.mark.usefixtures("own_model_store")
def test_a_quote_is_traced_from_its_request_to_the_journal(xgboost: Version) -> None:
    store.promote(xgboost.tag, "the tests' champion")
    environment = {**os.environ, "BENTOML_CONFIG_OVERRIDES": EXPORTER, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", QUOTE],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    spans = [line.split(" in ") for line in done.stdout.splitlines() if " in " in line]
    request = "POST /predict"
    assert ["model", f"batch {TRACE}"] in spans
    assert ["batch", f"{request} {TRACE}"] in spans
    assert any(name == "journal" and TRACE in parent for name, parent in spans)
