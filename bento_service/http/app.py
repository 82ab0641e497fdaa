"""The HTTP contract: our paths, answered ahead of BentoML, which keeps health, metrics and its own schema."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

import orjson
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from bento_service.endpoints.model_files import File
from bento_service.endpoints.quoting import Handlers
from bento_service.http import openapi
from bento_service.http.body import BYTES, ClientLeft, parse, parse_query, read_body
from bento_service.http.errors import ApiError
from bento_service.http.responses import JSON, Headers, as_json, send_error, send_whole
from bento_service.http.routes import OPERATIONS, Operation
from bento_service.recording.exchange import ExchangeInFlight

log = logging.getLogger("bentoml.diamonds")

Endpoint: TypeAlias = Callable[[Scope, Receive], Awaitable[bytes | File]]

BENTOML_PATHS = ("/livez", "/readyz", "/healthz", "/metrics", "/schema.json", "/static_content/")
_LARGE = 50_000
_HTML: Headers = [(b"content-type", b"text/html; charset=utf-8")]


class Api:
    """Answers the paths of the contract, and every unknown path with a 404; passes the rest on."""

    def __init__(self, app: ASGIApp, handlers: Handlers) -> None:
        self.app = app
        self.routes: dict[str, dict[str, Endpoint]] = {"/docs.json": {"GET": _document}}
        for operation in OPERATIONS:
            path = operation.path.partition("{")[0]
            self.routes.setdefault(path, {})[operation.method] = _endpoint(operation, handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(BENTOML_PATHS):
            await self.app(scope, receive, send)
        elif scope["path"] in ("/", "/docs"):
            await send_whole(send, 200, _HTML, openapi.PAGE)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._endpoint(scope)(scope, receive)
        except ApiError as error:
            await send_error(send, error)
            return
        except ClientLeft:
            return
        # The edge of the process: whatever failed, the client gets an answer and the log the cause.
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            await send_error(send, _FAILED)
            return
        headers, body = (answer.headers, answer.content) if isinstance(answer, File) else (JSON, answer)
        await send_whole(send, 200, headers, body)

    def _endpoint(self, scope: Scope) -> Endpoint:
        path: str = scope["path"]
        methods = self.routes.get(path)
        if methods is None:
            family, slash, name = path.rpartition("/")
            methods = self.routes.get(family + slash) if name else None
        if methods is None:
            raise ApiError(404, "not_found", f"There is nothing at {path}; /docs describes what there is.")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if method not in methods:
            raise _wrong_method(scope["method"], path, methods)
        return methods[method]


_FAILED = ApiError(500, "internal_error", "The service failed to answer; its log has the cause.")


def _wrong_method(method: str, path: str, methods: Mapping[str, Endpoint]) -> ApiError:
    allowed = ", ".join(sorted(methods))
    message = f"Got {method} {path}; expected {allowed}."
    return ApiError(405, "method_not_allowed", message, headers=[(b"allow", allowed.encode())])


def _endpoint(operation: Operation, handlers: Handlers) -> Endpoint:
    handler: Callable[..., Awaitable[Any]] = getattr(handlers, operation.handler)
    read = _reader(operation)

    async def endpoint(scope: Scope, receive: Receive) -> bytes | File:
        answer = await handler(*await read(scope, receive))
        if isinstance(answer, File):
            return answer
        _note_version(scope, answer)
        return as_json(answer)

    return endpoint


def _reader(operation: Operation) -> Callable[[Scope, Receive], Awaitable[tuple[Any, ...]]]:
    """What turns a request into the arguments of the operation's handler."""
    reads, query = operation.reads or _reading(operation.body), operation.query

    async def read(scope: Scope, receive: Receive) -> tuple[Any, ...]:
        if operation.takes == BYTES:
            return (await read_body(scope, receive, operation.takes),)
        if reads:
            return (await _read_apart(reads, await read_body(scope, receive, operation.takes)),)
        if query:
            return (parse_query(scope["query_string"], query),)
        return (scope["path"].rpartition("/")[2],) if operation.parameter else ()

    return read


def _reading(schema: type[BaseModel] | None) -> Callable[[bytes], Any] | None:
    return None if schema is None else lambda body: parse(body, schema)


async def _read_apart(reads: Callable[[bytes], Any], content: bytes) -> Any:
    """Reads large bodies in a thread, so that they do not hold up small ones."""
    return reads(content) if len(content) < _LARGE else await asyncio.to_thread(reads, content)


def _note_version(scope: Scope, answer: Any) -> None:
    """Records which version quoted, where the request is recorded."""
    exchange = ExchangeInFlight.of(scope)
    if exchange is not None and "version" in answer:
        exchange.note_version(answer["model"], answer["version"])


@cache
def _document_bytes() -> bytes:
    return orjson.dumps(openapi.document())


async def _document(_scope: Scope, _receive: Receive) -> bytes:
    return _document_bytes()
