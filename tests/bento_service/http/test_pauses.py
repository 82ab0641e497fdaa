"""No request holds up the others of its worker while it is parsed."""

import asyncio
import gc
import time
from typing import Any
from urllib.parse import quote

import pytest
from starlette.types import Message

from bento_service.http.app import Api
from bento_service.routes import ROUTES
from tests.bento_service.http.test_limits import BATCHES, BODIES, QUERIES
from tests.bento_service.http.test_threads import no_app

LONGEST_STEP_S = 0.05
CHUNK = 65_536
CALLS = {
    **{f"predict: {name}": ("POST", "/predict", "", body) for name, (body, _) in BODIES.items()},
    **{f"batch: {name}": ("POST", "/predict_batch", "", body) for name, (body, _) in BATCHES.items()},
    **{f"query: {name}": ("GET", "/comparison", query, b"") for name, (query, _) in QUERIES.items()},
}


async def status_and_longest_step(method: str, path: str, query: str, body: bytes) -> tuple[int, float]:
    """The status of the answer, and the most CPU time in s that the event loop's thread took for one step."""
    chunks = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)] or [b""]
    sent: list[Message] = []
    longest = 0.0

    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": quote(query, safe="&=").encode(),
        "headers": [(b"content-type", b"application/json")],
    }
    answering = asyncio.create_task(Api(no_app, ROUTES)(scope, receive, send))
    while not answering.done():
        before = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - before)
    await answering
    return sent[0]["status"], longest


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_hostile_request_takes_no_more_than_50_ms_of_the_event_loop_at_a_time(
    call: tuple[str, str, str, bytes],
) -> None:
    gc.disable()  # what all the tests before left behind is not the service's to collect
    try:
        status, longest = asyncio.run(status_and_longest_step(*call))
    finally:
        gc.enable()

    assert status == 400
    assert longest <= LONGEST_STEP_S
