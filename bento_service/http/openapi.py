"""The OpenAPI document of the whole service, by FastAPI, and the page that shows it without any network."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from hashlib import sha256
from typing import Any

from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.routing import Route

from bento_service.http.access import need_of
from diamonds.api.responses import ErrorResponse
from diamonds.keys.scopes import MEANINGS

_DESCRIPTIONS = {
    400: "The input is not understood; `fields` says what to correct.",
    401: "It needs a key, and none was sent, or one that is unknown, revoked or expired.",
    403: "The scope of the key is too small, or `Host` or `Origin` names another site.",
    404: "There is no such thing.",
    405: "The path has other methods; see the header `Allow`.",
    409: "It conflicts with the present state; the message says why.",
    413: "The body is too large.",
    415: "The header `Content-Type` is missing, or is not what it should be.",
    429: "Too many requests at once; try again in a moment.",
    500: "The service failed; its log has the cause.",
    503: "What is needed is not available yet; the message says what to do.",
    504: "The response took too long.",
}
_ANY_CALL = (400, 401, 403, 405, 429, 500, 504)
_CALLS_WITH_BODY = (413, 415)

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
_HEADERS = {"X-Exchange-Id": {"$ref": "#/components/headers/X-Exchange-Id"}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors with these statuses, as FastAPI's routes take them."""
    return {
        status: {"model": ErrorResponse, "description": _DESCRIPTIONS[status], "headers": _HEADERS}
        for status in statuses
    }


def documented_responses(
    methods: Iterable[str], responses: Mapping[int | str, dict[str, Any]]
) -> dict[int | str, dict[str, Any]]:
    """All responses of a route: those that every route may send, and its own."""
    common = (*_ANY_CALL, *(() if "GET" in methods else _CALLS_WITH_BODY))
    success = {"headers": _HEADERS, **responses.get(200, {})}
    others = {status: {"headers": _HEADERS, **response} for status, response in responses.items()}
    return {**errors(*common), **others, 200: success}


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    described = get_openapi(
        title="diamonds", version="1", description=_INTRODUCTION, servers=[{"url": "."}], routes=routes
    )
    _remove_own_errors_of_fastapi(described)
    described["paths"] |= _health()
    described["components"]["headers"] = {"X-Exchange-Id": _EXCHANGE_ID}
    _add_security(described)
    return described


def _add_security(described: dict[str, Any]) -> None:
    """Adds which scope of a key each call needs; an empty alternative stands for loopback."""
    described["components"]["securitySchemes"] = {"key": _KEY}
    for path, calls in described["paths"].items():
        for method, call in calls.items():
            need = need_of(method.upper(), path)
            if need is not None:
                alone: list[dict[str, Any]] = [{}] if need.open_on_loopback else []
                call["security"] = [*alone, {"key": [need.scope] if need.scope else []}]


def with_grades(described: dict[str, Any], grades: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The document with these grades, by field, wherever stones are described, or chosen by their grades."""
    followed = deepcopy(described)
    for field, schema in _fields_and_parameters(followed):
        for choice in (schema, *schema.get("anyOf", ())):
            if "enum" in choice and field in grades:
                choice["enum"] = list(grades[field])
    return followed


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
