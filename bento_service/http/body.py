"""Reads bodies of the right content type; JSON without duplicate keys and as its schema, or a clear 4xx."""

import json
from collections.abc import Sequence
from email.message import Message
from typing import TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.types import Receive, Scope

from bento_service.http.errors import ApiError, bad_request, invalid
from diamonds.api.schemas import FieldError

Schema = TypeVar("Schema", bound=BaseModel)

JSON, BYTES = "application/json", "application/octet-stream"
_CONTENT = {JSON: "JSON in UTF-8", BYTES: "the file's own bytes"}


class ClientLeft(Exception):
    """The client closed the connection before its request was complete."""


async def read_body(scope: Scope, receive: Receive, content_type: str) -> bytes:
    """The whole body, whose size the recorder limits; raises the 415 unless it is of this content type."""
    _check_content_type(scope, content_type)
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientLeft
    return body


def _check_content_type(scope: Scope, expected: str) -> None:
    # It must be there: without it any page on the web can have a browser send the body, unasked (CORS).
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"]
    if given == [expected] or (len(given) == 1 and _is_content_type(given[0], expected)):
        return
    got = f"content type {', '.join(given)!r}" if given else "no content type"
    message = f"Got {got}; send {_CONTENT[expected]}, with the header `Content-Type: {expected}`."
    raise ApiError(415, "unsupported_media_type", message)


def _is_content_type(given: str, expected: str) -> bool:
    """Whether that is it, in any spelling and with any parameters; the charset of JSON is UTF-8."""
    header = Message()
    header["content-type"] = given
    charset = header.get_content_charset("utf-8")
    return header.get_content_type() == expected and (expected != JSON or charset in ("utf-8", "utf8"))


def parse(body: bytes, schema: type[Schema]) -> Schema:
    """The body as ``schema``; raises ``ApiError`` with status 400 that says what to mend."""
    try:
        request = schema.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(body, error, schema) from error
    # Every colon between a key and its value is in the body; if there are more, some may be of duplicates.
    if body.count(b":") != _keys(request):
        _refuse_duplicate_keys(body)
    return request


def parse_query(query: bytes, schema: type[Schema]) -> Schema:
    """The query string as ``schema``; raises ``ApiError`` with status 400 that says what to mend."""
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict")
        return schema.model_validate(_without_duplicates(pairs))
    except ValidationError as error:
        raise invalid(error, schema) from error
    except UnicodeDecodeError as error:
        raise bad_request(f"Got a query that is not UTF-8: {error.reason}.") from error


def _refusal(body: bytes, error: ValidationError, schema: type[BaseModel]) -> ApiError:
    (first, *_) = error.errors(include_url=False, include_input=False)
    if first["type"] == "json_invalid":
        reason = first["ctx"]["error"]
        found = "an empty body" if not body.strip() else f"a body that is not JSON: {reason}"
        return bad_request(f"Got {found}; expected a JSON object.", code="invalid_json")
    _refuse_duplicate_keys(body)
    return invalid(error, schema)


def _keys(request: BaseModel) -> int:
    """How many keys the JSON had, in all its objects: unknown ones being forbidden, those that were set."""
    count = 0
    for name in request.model_fields_set:
        count += 1
        value = getattr(request, name)
        if isinstance(value, list):
            count += sum(len(item.model_fields_set) for item in value)
    return count


def _refuse_duplicate_keys(body: bytes) -> None:
    try:
        json.loads(body, object_pairs_hook=_without_duplicates)
    except RecursionError:
        return  # too deep for this check, and refused for it by the schema


def _without_duplicates(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        name = next(name for name in names if names.count(name) > 1)
        message = f"The field `{name}` is given {names.count(name)} times; give it once."
        fields: list[FieldError] = [{"field": name, "message": message, "got": None}]
        raise bad_request(message, fields)
    return found
