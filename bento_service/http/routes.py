"""Routes whose requests are parsed by us: a function's signature says what its route takes."""

import logging
from collections.abc import Callable, Mapping, Set
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, ClassVar

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bento_service.http.access import is_declared
from bento_service.http.body import BYTES, JSON, read_body
from bento_service.http.errors import ApiError
from bento_service.http.parameters import Body, Query, parameter_from
from bento_service.http.parsing import Context, check_no_query, parse_json, parse_query
from bento_service.http.responses import JsonResponse, error_response
from bento_service.http.threads import FILES, MODEL_STORE, PARSING, run_in
from diamonds.exchanges.redaction import describe
from diamonds.settings import settings

log = logging.getLogger("bentoml.diamonds")

_LARGE_BODY = 50_000
"""Bodies of this size or more, in bytes, are parsed in a thread, so that they do not hold up small ones."""

_FAILED = ApiError(500, "internal_error", "The service failed to answer; its log has the cause.")


class JsonRoute(Route):
    """Calls a function with the parsed body, query or parameter of the path, and sends its result in JSON.

    FastAPI describes it in the OpenAPI document, with ``responses`` and ``description`` as options. A path of
    which `access` does not know who may call it is a mistake that ends the start. FastAPI's own parsing would
    be slower, accept duplicate keys, and explain less in its errors. A function that is no coroutine runs in
    one of ``threads``.
    """

    threads = MODEL_STORE
    _parameters: ClassVar[set[str]] = set()  # the names of those that any call takes in its query

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        method: str,
        responses: Mapping[int | str, dict[str, Any]] | None = None,
        **description: Any,
    ) -> None:
        if not is_declared(path):
            raise LookupError(f"bento_service.http.access does not say what {path} needs.")
        super().__init__(path, endpoint, methods=[method])
        self.methods = {method}  # without the HEAD that Starlette adds
        self.responses, self.description = responses or {}, description
        self._function = (
            endpoint if iscoroutinefunction(endpoint) else partial(run_in, self.threads, endpoint)
        )
        self._body = parameter_from(Body, endpoint, path)
        self._query = parameter_from(Query, endpoint, path)
        self._parameters.update(_fields(self._query))
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            result = await self.call(*await self.arguments(scope, receive))
            response = self.respond(scope, result)
        except ApiError as error:
            response = error_response(error)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the edge of the process: the client gets a response
            details = describe(error, settings().masked_fields)
            log.error("%s %s failed:\n%s", scope["method"], scope["path"], details)
            response = error_response(_FAILED)
        await response(scope, receive, send)

    async def call(self, *arguments: Any) -> Any:
        """What the function returns for these arguments."""
        return await self._function(*arguments)

    async def arguments(self, scope: Scope, receive: Receive) -> list[Any]:
        """The arguments of the function for a request; raises a 400."""
        if scope["query_string"] and not self._query:
            self._check_query(scope["query_string"])
        if self._body:
            body = await read_body(scope, receive, BYTES if self._body is bytes else JSON)
            return [self.parse(body) if len(body) < _LARGE_BODY else await run_in(PARSING, self.parse, body)]
        if self._query:
            return [parse_query(scope["query_string"], self._query)]
        return list(scope["path_params"].values())

    def _check_query(self, query: bytes) -> None:
        """Raises a 400 for what would be overlooked: fields of the body, and parameters of other calls."""
        if self._body:
            check_no_query(query, _fields(self._body), "send it as a field of the body")
        else:
            check_no_query(query, self._parameters, "this call takes none")

    def parse(self, body: bytes) -> Any:
        """The argument of the function for this body; raises a 400."""
        return body if self._body is bytes else parse_json(body, self._body, self.context())

    def context(self) -> Context:
        """What validators of the body get from the service."""
        return None

    def respond(self, scope: Scope, result: Any) -> Response:
        """The response with what the function returned."""
        return result if isinstance(result, Response) else JsonResponse(result)


class FileRoute(JsonRoute):
    """Calls a function that takes seconds, beside all others."""

    threads = FILES


def _fields(schema: Any) -> Set[str]:
    return getattr(schema, "model_fields", {}).keys()
