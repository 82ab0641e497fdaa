"""A BentoML service without the middleware that costs every request something and gives us nothing."""

from typing import Any

# BentoML's own module for it: `bentoml` offers the decorator alone.
from _bentoml_sdk import Service  # type: ignore[import-untyped]
from bentoml._internal.configuration.containers import BentoMLContainer
from bentoml._internal.server.http.traffic import TimeoutMiddleware
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from starlette.applications import Starlette


class LeanService(Service[Any]):  # type: ignore[misc]
    """Serves without BentoML's timeout, and traces only when an exporter is configured.

    Its timeout leaves a timer of a minute behind for each request; the recorder has one that does not.
    """

    def to_asgi(self, is_main: bool = True) -> Starlette:
        app: Starlette = super().to_asgi(is_main)
        exporter = BentoMLContainer.config.tracing.exporter_type.get()
        unwanted: list[object] = (
            [TimeoutMiddleware] if exporter else [TimeoutMiddleware, OpenTelemetryMiddleware]
        )
        app.user_middleware = [each for each in app.user_middleware if each.cls not in unwanted]
        return app
