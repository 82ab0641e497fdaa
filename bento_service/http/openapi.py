"""The OpenAPI document of the whole service, and the page that lets one try it, both without any network."""

from typing import Any

from pydantic import BaseModel, TypeAdapter

from bento_service.endpoints.model_files import File
from bento_service.http.body import BYTES, JSON
from bento_service.http.routes import OPERATIONS, Operation
from diamonds.api.schemas import ErrorAnswer

_SCHEMAS = "#/components/schemas/{model}"
_STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}

_ERRORS = {
    400: "The input is not understood; `fields` says what to mend.",
    401: "Keys are configured, and none was sent.",
    403: "A page of another site sent it.",
    404: "There is no such thing.",
    405: "The path knows other methods; see the header `Allow`.",
    409: "It cannot be done as things are; the message says why.",
    413: "The body is too large.",
    415: "The header `Content-Type` is missing, or is not what it should be.",
    429: "Too many requests at once; try again in a moment.",
    500: "The service failed; its log has the cause.",
    503: "What is needed is not there yet; the message says what to do.",
    504: "The answer took too long.",
}
_ANY_CALL = (400, 405, 429, 500, 504)
_CALLS_WITH_BODY = (413, 415)
_CALLS_BY_OWN_PAGES = (403,)

_INTRODUCTION = """\
Quotes what diamonds are worth, explains prices, finds similar stones that were sold, keeps every exchange,
and takes what quoted stones were sold for.

* Prices are in USD, weights in carats, dimensions in mm, depth and table in percent.
* Grades are matched without regard to case, spaces, `_` or `-`: `very good` is `Very Good`.
* Numbers are JSON numbers: numeric strings such as `"0.7"` are refused; so are unknown or repeated fields.
* What was left out of a stone (depth, table, x, y, z) is taken as usual for its weight.
* Every answer carries `X-Exchange-Id`, under which `GET /exchanges/{id}` finds it later.
* Every error has one shape: `{"error": {"code", "message", "fields": [{"field", "message", "got"}]}}`.
"""


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    adapters: list[Any] = [
        (op.handler, "serialization", TypeAdapter(op.gives)) for op in OPERATIONS if op.gives is not File
    ]
    adapters.append(("error", "serialization", TypeAdapter(ErrorAnswer)))
    bodies: list[Any] = [(op.handler, "validation", TypeAdapter(op.body)) for op in OPERATIONS if op.body]
    references, shared = TypeAdapter.json_schemas([*adapters, *bodies], ref_template=_SCHEMAS)
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        described = _operation(operation, references)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "diamonds", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": "."}],
        "paths": {**paths, **_health()},
        "components": {"schemas": shared["$defs"], "headers": {"X-Exchange-Id": _EXCHANGE_ID}},
    }


_EXCHANGE_ID = {
    "description": "The id (UUIDv7) under which this exchange is kept.",
    "schema": {"type": "string", "format": "uuid"},
}


def _operation(operation: Operation, references: Any) -> dict[str, Any]:
    error = references["error", "serialization"]
    described: dict[str, Any] = {
        "operationId": operation.handler,
        "summary": operation.summary,
        "description": _text(operation),
        "parameters": [*_path_parameters(operation), *_query_parameters(operation.query)],
        "responses": {
            "200": _answer(operation, references),
            **{str(status): _response(_ERRORS[status], error) for status in _errors(operation)},
        },
    }
    if operation.has_body:
        schema = references[operation.handler, "validation"] if operation.body else _BINARY
        described["requestBody"] = {"required": True, "content": {operation.takes: {"schema": schema}}}
    return described


_BINARY = {"type": "string", "format": "binary", "description": "A `.bentomodel` file."}


def _answer(operation: Operation, references: Any) -> dict[str, Any]:
    if operation.gives is File:
        return _response("The file.", _BINARY, BYTES)
    return _response("The answer.", references[operation.handler, "serialization"])


def _text(operation: Operation) -> str:
    about = (operation.body or operation.query or operation.gives).__doc__ or ""
    return " ".join(about.split())


def _errors(operation: Operation) -> list[int]:
    with_body = _CALLS_WITH_BODY if operation.has_body else ()
    by_own_pages = _CALLS_BY_OWN_PAGES if operation.method != "GET" else ()
    return sorted({*_ANY_CALL, *with_body, *by_own_pages, *operation.errors})


def _response(description: str, schema: dict[str, Any], content_type: str = JSON) -> dict[str, Any]:
    return {
        "description": description,
        "headers": {"X-Exchange-Id": {"$ref": "#/components/headers/X-Exchange-Id"}},
        "content": {content_type: {"schema": schema}},
    }


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.parameter is None:
        return []
    schema = {"type": "string", "format": "uuid"} if operation.parameter == "id" else {"type": "string"}
    return [{"name": operation.parameter, "in": "path", "required": True, "schema": schema}]


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    described = query.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": name in described.get("required", ()),
            "description": schema["description"],
            "schema": _present(schema),
        }
        for name, schema in described["properties"].items()
    ]


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """What a parameter is when it is there: a query has no null."""
    if "anyOf" not in schema:
        return schema
    (present, _null) = schema["anyOf"]
    return {name: value for name, value in schema.items() if name not in ("anyOf", "default")} | dict(present)


def _health() -> dict[str, Any]:
    """The calls that BentoML answers."""
    texts = {
        "/livez": ("The process is alive", {"200": "It is."}),
        "/readyz": ("The service can quote", {"200": "It can.", "503": "There is no champion yet."}),
        "/metrics": ("Counters and durations for Prometheus", {"200": "The metrics."}),
    }
    return {path: {"get": _plain_call(path, summary, answers)} for path, (summary, answers) in texts.items()}


def _plain_call(path: str, summary: str, answers: dict[str, str]) -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": path.strip("/"),
        "summary": summary,
        "responses": {status: {"description": text, "content": content} for status, text in answers.items()},
    }


# BentoML ships Swagger UI and serves its files under /static_content.
PAGE = b"""<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>diamonds</title>
    <link rel="stylesheet" href="./static_content/swagger-ui.css">
    <link rel="icon" href="./static_content/favicon-light-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="./static_content/swagger-ui-bundle.js"></script>
    <script>
      SwaggerUIBundle({ url: "./docs.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
    </script>
  </body>
</html>
"""
