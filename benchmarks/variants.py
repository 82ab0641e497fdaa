"""Variants of the service without one of its parts, as `benchmarks.variants:unbatched`."""

import gc
from collections.abc import Callable
from typing import Any

from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import request_response

from benchmarks.sqlite_journal import SqliteJournal
from bento_service import service, worker_app
from bento_service.endpoints import batching
from bento_service.endpoints.batching import Batcher
from bento_service.http.app import Api
from bento_service.http.documentation import fastapi_route
from bento_service.http.keys import KeyRequired
from bento_service.recording.middleware import Recorder
from bento_service.routes import ROUTES
from diamonds.diamond import Diamond
from diamonds.exchanges import recording
from diamonds.exchanges.recording import Recording
from diamonds.exchanges.shipping.supervisor import ShipperSupervisor
from diamonds.models import threads as cores
from diamonds.models.features import rows_of
from diamonds.pricing.pricer import Pricer, Quotes


def _unrecorded() -> None:
    _without(Recorder)


def _recording_off() -> None:
    """With the recorder's ids, limits and timeout, but nothing recorded."""
    Recording.start = lambda self: None  # type: ignore[method-assign]
    Recording.record_request = lambda self, request: None  # type: ignore[method-assign]
    Recording.record_response = lambda self, request, response: None  # type: ignore[method-assign]


def _unkeyed() -> None:
    """Without any check of keys, names and rates."""
    _without(KeyRequired)


def _sqlite() -> None:
    """With the journal in SQLite."""
    recording.Journal = SqliteJournal  # type: ignore[attr-defined, assignment]
    ShipperSupervisor.module = "benchmarks.sqlite_shipping"


def _through_bentoml() -> None:
    """All requests are handled by `@bentoml.api`."""
    _without(Api)


def _parsed_by_fastapi() -> None:
    for route in ROUTES:
        handler = fastapi_route(route).get_route_handler()
        route.app = AsyncExitStackMiddleware(request_response(handler))


def _all_routed() -> None:
    """With POST /predict behind Starlette's router, as all other routes are."""
    ROUTES.insert(1, ROUTES.pop(0))


def _unbatched() -> None:
    async def alone(_batcher: Batcher, pricer: Pricer, stone: Diamond) -> tuple[Quotes, int]:
        return pricer.quotes(rows_of([stone])), 0

    Batcher.quote = alone  # type: ignore[method-assign, assignment]


def _impatient() -> None:
    batching._WAIT_SHARE, batching._IDLE_TURNS = 0.0, 1


def _on_one_core() -> None:
    cores.CORES = 1


def _not_lean() -> None:
    """With BentoML's timeout and OpenTelemetry."""
    worker_app.worker_app = lambda bentomls: bentomls()


def _unfrozen() -> None:
    gc.freeze = lambda: None


def _without(middleware: type) -> None:
    worker_app.MIDDLEWARES[:] = [each for each in worker_app.MIDDLEWARES if each[0] is not middleware]


def __getattr__(name: str) -> Any:
    apply: Callable[[], None] | None = globals().get(f"_{name}")
    if apply is None:
        raise AttributeError(name)
    apply()
    return service.DiamondService
