"""Reads JSON bodies: without duplicate keys and as the schema says, or else with a clear 4xx."""

import json
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.types import Receive, Scope

from bento_service.errors import ApiError, bad_request, invalid
from diamonds.answers import FieldError

Schema = TypeVar("Schema", bound=BaseModel)


class ClientLeft(Exception):
    """The client closed the connection before its request was complete."""


async def read_body(scope: Scope, receive: Receive, check: Callable[[bytes], None]) -> bytes:
    """The whole body, whose size the recorder limits; ``check`` raises for a content type that is wrong."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            check(value)
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientLeft
    return body


def check_json(value: bytes) -> None:
    """Raises the 415 for a content type that is not JSON in UTF-8."""
    media_type, _, parameters = value.decode("latin-1").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "").partition("charset=")[2]
    if media_type.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise ApiError(
            415,
            "unsupported_media_type",
            f"Got content type {value.decode('latin-1')!r}; send JSON in UTF-8, with the header "
            "`Content-Type: application/json`.",
        )


def check_bytes(value: bytes) -> None:
    """Raises the 415 for a content type that says more than that they are bytes."""
    if value.partition(b";")[0].strip().lower() != b"application/octet-stream":
        raise ApiError(
            415,
            "unsupported_media_type",
            f"Got content type {value.decode('latin-1')!r}; send the file's own bytes, with the header "
            "`Content-Type: application/octet-stream`.",
        )


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
