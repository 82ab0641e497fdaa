"""The OpenAPI document of the whole service, by FastAPI, and the page that shows it without any network.

It is imported when somebody asks for them: FastAPI, with its descriptions of all calls, would take a third of
the start.
"""

import inspect
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial, update_wrapper
from hashlib import sha256
from typing import Annotated, Any, Self, get_args

import fastapi
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Route

from bento_service.http.access import need_of
from bento_service.http.openapi import documented_responses
from bento_service.http.parameters import place_of
from bento_service.http.routes import JsonRoute
from diamonds.keys.scopes import MEANINGS

_INTRODUCTION = """\
Quotes what diamonds are worth, explains prices, finds similar stones that were sold, records every exchange,
and takes what quoted stones were sold for.

* Prices are in `currency`, weights in carats, dimensions in mm, depth and table in percent.
* Grades are matched without regard to case, spaces, `_` or `-`: `very good` is `Very Good`.
* Numbers are JSON numbers: numeric strings such as `"0.7"` are refused; so are unknown or repeated fields.
* What was left out of a stone (depth, table, x, y, z) is taken as usual for its weight.
* Every response carries `X-Exchange-Id`, under which `GET /exchanges/{id}` finds it later.
* Every error has one shape: `{"error": {"code", "message", "fields": [{"field", "message", "got"}]}}`.
"""
_EXCHANGE_ID = {
    "description": "The id (UUIDv7) under which this exchange is recorded.",
    "schema": {"type": "string", "format": "uuid"},
}
_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of `diamonds keys add`, or the one in the file `admin.key`. Scopes: "
    + "; ".join(f"`{scope}`: {text}" for scope, text in MEANINGS.items())
    + ". Where the service is bound to loopback, what needs `quote` needs no key.",
}


@dataclass(frozen=True, slots=True)
class Documentation:
    """The OpenAPI 3.1 document, and the page that shows it."""

    document: dict[str, Any]
    page: Response

    @classmethod
    def of(cls, routes: Sequence[Route]) -> Self:
        """The documentation of these routes."""
        return cls(_document(routes), PAGE)

    def with_grades(self, grades: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """The document with these grades, by field, where stones are described or chosen by their grades."""
        followed = deepcopy(self.document)
        for field, schema in _fields_and_parameters(followed):
            for choice in (schema, *schema.get("anyOf", ())):
                if "enum" in choice and field in grades:
                    choice["enum"] = list(grades[field])
        return followed


def _document(routes: Sequence[Route]) -> dict[str, Any]:
    fastapis = [fastapi_route(route) for route in routes if isinstance(route, JsonRoute)]
    described = get_openapi(
        title="diamonds", version="1", description=_INTRODUCTION, servers=[{"url": "."}], routes=fastapis
    )
    _remove_own_errors_of_fastapi(described)
    described["paths"] |= _health()
    described["components"]["headers"] = {"X-Exchange-Id": _EXCHANGE_ID}
    _add_security(described)
    return described


def fastapi_route(route: JsonRoute) -> APIRoute:
    """The route as FastAPI would answer it, and describes it."""
    methods = route.methods or set()
    return APIRoute(
        route.path,
        _with_fastapis_places(route.endpoint),
        methods=methods,
        responses=documented_responses(methods, route.responses),
        operation_id=route.endpoint.__name__,
        **route.description,
    )


def _with_fastapis_places(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose signature says in FastAPI's classes where its parameters come from."""
    signature = inspect.signature(function)
    parameters = [_with_fastapis_place(each) for each in signature.parameters.values()]
    described: Any = update_wrapper(partial(function), function)
    described.__signature__ = signature.replace(parameters=parameters)
    return described  # type: ignore[no-any-return]


def _with_fastapis_place(parameter: inspect.Parameter) -> inspect.Parameter:
    place = place_of(parameter)
    if place is None:
        return parameter
    type_, fastapis = get_args(parameter.annotation)[0], getattr(fastapi, type(place).__name__)
    return parameter.replace(annotation=Annotated[type_, fastapis(**place.options)])


def _add_security(described: dict[str, Any]) -> None:
    """Adds which scope of a key each call needs; an empty alternative stands for loopback."""
    described["components"]["securitySchemes"] = {"key": _KEY}
    for path, calls in described["paths"].items():
        for method, call in calls.items():
            need = need_of(method.upper(), path)
            if need is not None:
                alone: list[dict[str, Any]] = [{}] if need.open_on_loopback else []
                call["security"] = [*alone, {"key": [need.scope] if need.scope else []}]


def _fields_and_parameters(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of all fields and of the parameters of all calls, by their names."""
    for schema in described["components"]["schemas"].values():
        yield from schema.get("properties", {}).items()
    for calls in described["paths"].values():
        for call in calls.values():
            for parameter in call.get("parameters", ()):
                yield parameter["name"], parameter["schema"]


def _remove_own_errors_of_fastapi(described: dict[str, Any]) -> None:
    """It adds a 422 to every route with input: ours answer 400."""
    for calls in described["paths"].values():
        for call in calls.values():
            call["responses"].pop("422", None)
    for schema in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(schema, None)


def _health() -> dict[str, Any]:
    """The calls that BentoML answers."""
    texts = {
        "/livez": ("Check that the process is alive", {"200": "It is."}),
        "/metrics": ("Get counters and durations for Prometheus", {"200": "The metrics."}),
    }
    return {path: {"get": _plain_call(path, summary, texts)} for path, (summary, texts) in texts.items()}


def _plain_call(path: str, summary: str, responses: dict[str, str]) -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": path.strip("/"),
        "summary": summary,
        "responses": {
            status: {"description": text, "content": content} for status, text in responses.items()
        },
    }


# BentoML ships Swagger UI and serves its files under /static_content.
PAGE = get_swagger_ui_html(
    openapi_url="./docs.json",
    title="diamonds",
    swagger_js_url="./static_content/swagger-ui-bundle.js",
    swagger_css_url="./static_content/swagger-ui.css",
    swagger_favicon_url="./static_content/favicon-light-32x32.png",
    swagger_ui_parameters={"validatorUrl": None},
)
# The page has one script of its own, which FastAPI writes into it, and may load and call this service alone.
_SCRIPT = re.findall(rb"<script>(.*?)</script>", bytes(PAGE.body), flags=re.DOTALL)
_HASHES = " ".join(f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in _SCRIPT)
PAGE.headers["content-security-policy"] = (
    f"default-src 'none'; script-src 'self' {_HASHES}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
