"""A BentoML service whose workers run our app, and which is quick to declare where none of that is needed."""

import gc
from typing import Any

# BentoML's own module for it: `bentoml` offers the decorator alone.
from _bentoml_sdk import Service  # type: ignore[import-untyped]
from starlette.applications import Starlette


class LeanService(Service[Any]):  # type: ignore[misc]
    """Serves through ``bento_service.worker_app``, which it imports where a worker asks for its app."""

    def to_asgi(self, is_main: bool = True) -> Starlette:
        gc.disable()  # until the service has started: what is imported stays
        from bento_service.worker_app import middlewares, worker_app

        self.middlewares = middlewares()
        return worker_app(lambda: super(LeanService, self).to_asgi(is_main))
