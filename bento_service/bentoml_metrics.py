"""BentoML's metrics of HTTP traffic, labelled by route: labelled by path they would grow without bound."""

from typing import Any

from bentoml._internal.server.http.instruments import RunnerTrafficMetricsMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bento_service.http.app import BENTOML_PATHS
from bento_service.routes import ROUTES
from diamonds.exchanges.metric_files import reading

OTHER = "other"
_BOUNDS = "0.0002 0.0005 0.001 0.002 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 30 60 inf"
DURATIONS_S = tuple(map(float, _BOUNDS.split()))
"""Upper bounds of the buckets of durations; a quote takes less than BentoML's smallest, 5 ms."""
_PAGES = {"/", "/docs", "/docs.json", *BENTOML_PATHS}
_PATHS = {route.path.partition("{")[0]: route.path for route in ROUTES}


class TrafficMetrics(RunnerTrafficMetricsMiddleware):
    """Labels ``/exchanges/0197...`` as ``/exchanges/{id}``, and unknown paths as ``other``."""

    def __init__(self, app: ASGIApp, **options: Any) -> None:
        async def with_own_path(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                # BentoML's own would count messages of websockets, and hide from us who receives.
                scope["path"], receive = scope.pop("diamonds.unlabelled")
            await app(scope, receive, send)

        super().__init__(with_own_path, **options)

    def _setup(self) -> None:  # type: ignore[override]
        super()._setup(duration_buckets=DURATIONS_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            scope = {**scope, "path": endpoint(path), "diamonds.unlabelled": (path, receive)}
            if path == "/metrics":
                with reading():
                    await super().__call__(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def endpoint(path: str) -> str:
    """The path of the route, with its parameter's name in the place of its value."""
    if path in _PATHS or path in _PAGES:
        return path
    family, slash, name = path.rpartition("/")
    return _PATHS.get(family + slash, OTHER) if name else OTHER
