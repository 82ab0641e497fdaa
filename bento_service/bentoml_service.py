"""A BentoML service with fewer middlewares around ours, and with metrics of bounded number."""

from typing import Any

# BentoML's own module for it: `bentoml` offers the decorator alone.
from _bentoml_sdk import Service  # type: ignore[import-untyped]
from bentoml._internal.configuration.containers import BentoMLContainer
from bentoml._internal.server.http.instruments import RunnerTrafficMetricsMiddleware
from bentoml._internal.server.http.traffic import TimeoutMiddleware
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from uvicorn.config import HTTP_PROTOCOLS

from bento_service.bentoml_metrics import TrafficMetrics
from bento_service.connections import Connection
from bento_service.http.proxies import BehindProxies
from diamonds.settings import settings


class LeanService(Service[Any]):  # type: ignore[misc]
    """Serves without BentoML's timeout, and traces only when an exporter is configured.

    BentoML's timeout leaves a timer of a minute behind for each request; the recorder's leaves none. Metrics
    are labelled by route. The worker's connections have limits, and proxies are heeded as settings say.
    """

    def to_asgi(self, is_main: bool = True) -> Starlette:
        HTTP_PROTOCOLS["auto"] = f"{Connection.__module__}:{Connection.__qualname__}"  # BentoML has no option
        app: Starlette = super().to_asgi(is_main)
        exporter = BentoMLContainer.config.tracing.exporter_type.get()
        unwanted: list[object] = (
            [TimeoutMiddleware] if exporter else [TimeoutMiddleware, OpenTelemetryMiddleware]
        )
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
