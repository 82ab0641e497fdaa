"""Parses JSON bodies and query strings as their schema says, in bounded time, or raises a 400."""

import contextlib
import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import BaseModel, ValidationError

from bento_service.http.errors import ApiError, bad_request, excerpt, field_error, quoted, validation_error

Schema = TypeVar("Schema", bound=BaseModel)
Context = dict[str, Any] | None
"""What validators of a schema get from the service, such as the grades that errors list."""

MOST_FIELDS = 100
"""Maximum number of fields in one JSON object, and of parameters in a query."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be in a body, so that it takes no long time to find what is wrong with it.

    They are compared with counts of characters, some of which may be within strings.
    """

    values: int = 1_000
    objects: int = 100
    arrays: int = 100

    def check(self, body: bytes) -> None:
        """Raises a 400 for a body that no client would send by mistake."""
        if len(body) <= self.values:
            return
        # A value without a comma is one chain of arrays, which the parser follows to a limited depth only.
        arrays = body.count(b"[") if b"," in body else 0
        values = max(body.count(b","), body.count(b":"))
        for count, limit, name in (
            (values, self.values, "values"),
            (body.count(b"{"), self.objects, "objects"),
            (arrays, self.arrays, "arrays"),
        ):
            if count > limit:
                raise bad_request(f"Got a body with more than {limit:,} {name}; expected fewer.")


_ONE_THING = Limits()


def parse_json(body: bytes, schema: type[Schema], context: Context = None) -> Schema:
    """The body as ``schema``, which describes one thing; raises a 400 that says what to correct."""
    _ONE_THING.check(body)
    return parse_unlimited(body, schema, context)


def parse_unlimited(body: bytes, schema: type[Schema], context: Context = None) -> Schema:
    """The body, whose limits are checked, as ``schema``; raises a 400 that says what to correct."""
    colons = body.count(b":")
    if colons > _ONE_THING.values:  # too many errors to list, if they were all in one object
        _check_objects(body)
    try:
        request = schema.model_validate_json(body, context=context)
    except ValidationError as error:
        if body.startswith(BOM_UTF8) and not body.startswith(2 * BOM_UTF8):  # some editors put it first
            return parse_unlimited(body.removeprefix(BOM_UTF8), schema, context)
        raise _rejection(body, error, schema) from error
    # Every colon between a key and its value is in the body; if there are more, some may be of duplicates.
    if colons != _count_keys(request):
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


def parse_id(field: str, text: str, meaning: str) -> UUID:
    """The UUID in a parameter of the path, which means ``meaning``; raises a 400."""
    try:
        return UUID(text)
    except ValueError as error:
        message = f"Got {field}={quoted(text)}; expected {meaning}, a UUID."
        raise field_error(field, message, text) from error


def check_no_query(query: bytes, names: Set[str], place: str) -> None:
    """Raises a 400 for a query parameter of one of these names, which belong in another place.

    Others say nothing that could be overlooked, such as the marks that some tools add, nor do empty ones.
    """
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if value and name.lower() in names:
            raise field_error(name, f"There is no query parameter `{name}` here; {place}.", value)


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
            count += sum(len(item.model_fields_set) for item in value if isinstance(item, BaseModel))
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
