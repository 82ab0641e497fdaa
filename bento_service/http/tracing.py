"""Spans of the parts of a request, where an exporter of traces is configured."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from bentoml._internal.configuration.containers import BentoMLContainer
from opentelemetry.trace import Tracer

_NOTHING = nullcontext()


def span(name: str) -> AbstractContextManager[object]:
    """A span within that of the request, in BentoML's own traces; without them it costs next to nothing."""
    tracer = _tracer()
    return _NOTHING if tracer is None else tracer.start_as_current_span(name)


@cache
def _tracer() -> Tracer | None:
    if not BentoMLContainer.config.tracing.exporter_type.get():
        return None
    tracer: Tracer = BentoMLContainer.tracer_provider.get().get_tracer("diamonds")
    return tracer
