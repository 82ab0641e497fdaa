"""Parses JSON bodies and query strings as their schema says, in bounded time, or raises a 400."""

import contextlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from bento_service.http.errors import ApiError, bad_request, excerpt, field_error, validation_error

Schema = TypeVar("Schema", bound=BaseModel)

MOST_VALUES = 1_000
"""Maximum number of fields, and of values, in a body that describes one thing."""

MOST_FIELDS = 100
"""Maximum number of fields in one JSON object, and of parameters in a query."""


def parse_json(body: bytes, schema: type[Schema], most_values: int = MOST_VALUES) -> Schema:
    """The body as ``schema``; raises a 400 that says what to correct.

    Errors take longest, so bodies with more in them than any mistake would put there are rejected first.
    """
    fields = body.count(b":")  # at least: there may be more within strings
    if fields > most_values or body.count(b",") > most_values:
        raise bad_request(f"Got a body of more than {most_values:,} fields or values; send fewer.")
    if fields > MOST_VALUES:
        _check_objects(body)
    try:
        request = schema.model_validate_json(body)
    except ValidationError as error:
        raise _rejection(body, error, schema) from error
    # Every colon between a key and its value is in the body; if there are more, some may be of duplicates.
    if fields != _count_keys(request):
        _check_objects(body)
    return request


def parse_query(query: bytes, schema: type[Schema]) -> Schema:
    """The query string as ``schema``; raises a 400 that says what to correct."""
    if query.count(b"&") >= MOST_FIELDS:
        raise bad_request(f"Got more than {MOST_FIELDS} query parameters; expected fewer.")
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict")
        return schema.model_validate(_as_object(pairs))
    except ValidationError as error:
        raise validation_error(error, schema) from error
    except UnicodeDecodeError as error:
        raise bad_request(f"Got a query that is not UTF-8: {error.reason}.") from error


def _rejection(body: bytes, error: ValidationError, schema: type[BaseModel]) -> ApiError:
    (first, *_) = error.errors(include_url=False, include_input=False)
    if first["type"] == "json_invalid":
        reason = first["ctx"]["error"]
        got = "an empty body" if not body.strip() else f"a body that is not JSON: {reason}"
        return bad_request(f"Got {got}; expected a JSON object.", code="invalid_json")
    _check_objects(body)
    return validation_error(error, schema)


def _count_keys(request: BaseModel) -> int:
    """How many keys the JSON had, in all its objects: unknown ones being forbidden, those that were set."""
    count = 0
    for name in request.model_fields_set:
        count += 1
        value = getattr(request, name)
        if isinstance(value, list):
            count += sum(len(item.model_fields_set) for item in value)
    return count


def _check_objects(body: bytes) -> None:
    """Raises a 400 for an object with duplicate keys or too many; what is no JSON is left to the schema."""
    with contextlib.suppress(RecursionError, ValueError):
        json.loads(body, object_pairs_hook=_as_object)


def _as_object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    if len(pairs) > MOST_FIELDS:
        raise bad_request(f"Got an object with {len(pairs):,} fields; expected at most {MOST_FIELDS}.")
    unique = dict(pairs)
    if len(unique) < len(pairs):
        ((field, times),) = Counter(name for name, _ in pairs).most_common(1)
        name = excerpt(field)
        raise field_error(str(name), f"The field `{name}` is given {times} times; give it once.", None)
    return unique
