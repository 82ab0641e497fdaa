"""The HTTP contract: our paths, answered ahead of BentoML, which keeps health, metrics and its own schema."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import orjson
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from bento_service.errors import ApiError
from bento_service.handlers import Handlers
from bento_service.parsing import ClientLeft, parse, read_body
from bento_service.schemas import BatchRequest, QuoteRequest, SimilarRequest
from diamonds.settings import settings

log = logging.getLogger("bentoml.diamonds")

Endpoint: TypeAlias = Callable[[Scope, Receive], Awaitable[Any]]
BENTOML_PATHS = (
    "/livez",
    "/readyz",
    "/healthz",
    "/metrics",
    "/schema.json",
    "/docs.json",
    "/static_content/",
)


class Api:
    """Answers the paths of the contract, and every unknown path with a 404; passes the rest on."""

    def __init__(self, app: ASGIApp, handlers: Handlers) -> None:
        self.app = app
        self.routes = _routes(handlers)
        self.families = _families(handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(BENTOML_PATHS):
            await self.app(scope, receive, send)
            return
        status, headers = 200, _JSON
        try:
            answer = await self._endpoint(scope)(scope, receive)
        except ApiError as error:
            status, headers, answer = error.status, [*_JSON, *error.headers], error.body()
        except ClientLeft:
            return
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            status, answer = 500, _FAILED
        _note_version(scope, answer)
        await _send(send, status, headers, orjson.dumps(answer))

    def _endpoint(self, scope: Scope) -> Endpoint:
        path: str = scope["path"]
        methods = self.routes.get(path)
        if methods is None:
            prefix, _, name = path.rpartition("/")
            methods = self.families.get(prefix) if name else None
        if methods is None:
            raise ApiError(404, "not_found", f"There is nothing at {path}; the API is described at /docs.")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if method not in methods:
            raise _wrong_method(scope["method"], path, methods)
        return methods[method]


_JSON = [(b"content-type", b"application/json")]
_FAILED = ApiError(
    500, "internal_error", "The service failed to answer; the cause is in its log, under the X-Exchange-Id."
).body()


def _wrong_method(method: str, path: str, methods: Mapping[str, Endpoint]) -> ApiError:
    allowed = ", ".join(sorted(methods))
    message = f"Got {method} {path}; expected {allowed}."
    return ApiError(405, "method_not_allowed", message, headers=[(b"allow", allowed.encode())])


def _note_version(scope: Scope, answer: Any) -> None:
    """Tells the recorder, which opened ``scope["diamonds"]``, who quoted."""
    notes = scope.get("diamonds")
    if notes is not None and "version" in answer:
        notes["model"], notes["model_version"] = answer["model"], answer["version"]


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def _routes(handlers: Handlers) -> dict[str, dict[str, Endpoint]]:
    return {
        "/predict": {"POST": _taking(QuoteRequest, handlers.predict)},
        "/predict_batch": {"POST": _taking(BatchRequest, handlers.predict_batch)},
        "/similar": {"POST": _taking(SimilarRequest, handlers.similar)},
        "/models": {"GET": _plain(handlers.list_models)},
    }


def _families(handlers: Handlers) -> dict[str, dict[str, Endpoint]]:
    """Routes by what stands before their last segment, which names one thing."""
    return {"/models": {"GET": _named(handlers.show_model)}}


def _taking(schema: type[BaseModel], handler: Callable[[Any], Awaitable[Any]]) -> Endpoint:
    most_bytes = settings().most_body_bytes

    async def endpoint(scope: Scope, receive: Receive) -> Any:
        return await handler(parse(await read_body(scope, receive, most_bytes), schema))

    return endpoint


def _plain(handler: Callable[[], Awaitable[Any]]) -> Endpoint:
    async def endpoint(_scope: Scope, _receive: Receive) -> Any:
        return await handler()

    return endpoint


def _named(handler: Callable[[str], Awaitable[Any]]) -> Endpoint:
    async def endpoint(scope: Scope, _receive: Receive) -> Any:
        return await handler(scope["path"].rpartition("/")[2])

    return endpoint
