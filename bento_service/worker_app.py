"""Makes the ASGI app of a worker: our middlewares and routes around BentoML's own app.

The process that starts the workers imports nothing of this.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from bentoml._internal.configuration.containers import BentoMLContainer
from bentoml._internal.server.http.instruments import RunnerTrafficMetricsMiddleware
from bentoml._internal.server.http.traffic import TimeoutMiddleware
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from uvicorn.config import HTTP_PROTOCOLS

from bento_service.bentoml_metrics import TrafficMetrics
from bento_service.connections import Connection
from bento_service.endpoints.grades import known_grades
from bento_service.http.app import Api
from bento_service.http.cors import BrowserAccess
from bento_service.http.keys import KeyRequired
from bento_service.http.proxies import BehindProxies
from bento_service.recording.middleware import Recorder
from bento_service.recording.replay import Replay
from bento_service.routes import ROUTES
from diamonds.settings import settings

MIDDLEWARES: list[tuple[type[Any], dict[str, Any]]] = [
    (BrowserAccess, {}),
    (Recorder, {}),
    (KeyRequired, {}),
    (Replay, {}),
    (Api, {"routes": ROUTES, "grades": known_grades}),
]
"""Ours, the outermost first: every request is recorded, whatever becomes of it."""


def middlewares() -> list[tuple[type[Any], dict[str, Any]]]:
    """Those that the settings want."""
    return [each for each in MIDDLEWARES if each[0] is not BrowserAccess or settings().cors_origins]


def worker_app(bentomls: Callable[[], Starlette]) -> Starlette:
    """BentoML's app as we want it: without its timeout, and tracing only where an exporter is configured.

    BentoML's timeout leaves a timer of a minute behind for each request; the recorder's leaves none. Metrics
    are labelled by route. The worker's connections have limits, and proxies are heeded as settings say.
    """
    HTTP_PROTOCOLS["auto"] = f"{Connection.__module__}:{Connection.__qualname__}"  # BentoML has no option
    with _no_proxy():
        app = bentomls()
    exporter = BentoMLContainer.config.tracing.exporter_type.get()
    unwanted: list[object] = [TimeoutMiddleware] if exporter else [TimeoutMiddleware, OpenTelemetryMiddleware]
    ours: dict[object, Any] = {RunnerTrafficMetricsMiddleware: TrafficMetrics}
    app.user_middleware = [
        Middleware(ours.get(each.cls, each.cls), *each.args, **each.kwargs)
        for each in app.user_middleware
        if each.cls not in unwanted
    ]
    proxies, prefix = settings().trusted_proxies, settings().path_prefix
    if proxies or prefix:
        app.add_middleware(BehindProxies, trusted=proxies, prefix=prefix)  # outermost
    return app


@contextmanager
def _no_proxy() -> Iterator[None]:
    """Has BentoML's app imported without its proxy, for services that are programs of others.

    That imports aiohttp and pyparsing, which take a tenth of the start and 8 MB.
    """
    proxy = ModuleType("_bentoml_impl.server.proxy")
    proxy.__dict__["create_proxy_app"] = None
    was_there = sys.modules.setdefault(proxy.__name__, proxy) is not proxy
    try:
        yield
    finally:
        if not was_there:
            del sys.modules[proxy.__name__]
