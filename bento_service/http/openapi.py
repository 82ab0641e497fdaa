"""The errors of calls in the OpenAPI document."""

from collections.abc import Iterable, Mapping
from typing import Any

from diamonds.api.responses import ErrorResponse

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
