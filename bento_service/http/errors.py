"""The errors of the API: a status, a code, a sentence, and which fields of the request are wrong and why."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from diamonds.api.responses import ErrorResponse, FieldError
from diamonds.exchanges.redaction import MASK, is_credential

LONGEST_ECHO = 100
"""Maximum length of what an error repeats from the request, in characters."""

MOST_FIELD_ERRORS = 20
"""Maximum number of fields in one error."""


class ApiError(Exception):
    """Ends a request with ``status`` and the error object of the contract."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = list(fields[:MOST_FIELD_ERRORS])
        self.headers = headers

    def body(self) -> ErrorResponse:
        return {"error": {"code": self.code, "message": self.message, "fields": self.fields}}


def bad_request(message: str, fields: Sequence[FieldError] = (), code: str = "invalid_input") -> ApiError:
    """A 400, the one status for all bad input."""
    return ApiError(400, code, message, fields)


def too_large(limit: int) -> ApiError:
    """The 413 for a body above the limit, in bytes."""
    return ApiError(413, "too_large", f"Send at most {limit:,} bytes in one request.")


def field_error(
    field: str, message: str, got: object, *, status: int = 400, code: str = "invalid_input"
) -> ApiError:
    """An error about one field of the request."""
    return ApiError(status, code, message, [{"field": field, "message": message, "got": excerpt(got)}])


def validation_error(error: ValidationError, schema: type[BaseModel]) -> ApiError:
    """The 400 for a body or a query that is not as ``schema`` says."""
    details = error.errors(include_url=False)
    fields = list(_field_errors(details[:MOST_FIELD_ERRORS], schema))
    more = len(details) - 1
    message = fields[0]["message"] + (f" ({more} more, see `fields`.)" if more else "")
    return bad_request(message, fields)


def _field_errors(errors: Sequence[Any], schema: type[BaseModel]) -> Iterator[FieldError]:
    for details in errors:
        field = _shorten(path(details["loc"]))
        yield {"field": field, "message": _sentence(field, details, schema), "got": _got(details)}


def _got(details: dict[str, Any]) -> object:
    """The value that was wrong; nothing where it was missing, and not a key in the wrong place."""
    if details["type"] == "missing":
        return None
    names = (step for step in details["loc"] if isinstance(step, str))
    return MASK if any(map(is_credential, names)) else excerpt(details["input"])


def path(location: Sequence[int | str]) -> str:
    """``("diamonds", 3, "carat")`` as ``diamonds[3].carat``."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return steps.removeprefix(".")


def _sentence(field: str, details: dict[str, Any], schema: type[BaseModel]) -> str:
    kind, value = details["type"], details["input"]
    if kind == "missing":
        return f"`{field}` is missing."
    if kind == "extra_forbidden":
        return _unknown_field(field, _fields_at(schema, details["loc"]))
    if kind == "value_error":
        return str(details["ctx"]["error"]).replace(repr(value), quoted(value))
    expected = _EXPECTATIONS.get(kind) or details["msg"].removeprefix("Input should be ")
    return f"Got {field or 'the body'}={quoted(value)}; expected {expected.format(**details.get('ctx', {}))}."


_EXPECTATIONS = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a string",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "a text that matches {pattern}",
    "list_type": "an array",
    "model_type": "a JSON object",
    "model_attributes_type": "a JSON object",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than_equal": "a number of at most {le:g}",
    "finite_number": "a finite number",
    "uuid_type": "a UUID in a string",
    "uuid_parsing": "a UUID",
    "too_short": "at least {min_length} items, got {actual_length}",
    "too_long": "at most {max_length} items",
}


def _unknown_field(field: str, known: Sequence[str]) -> str:
    similar = get_close_matches(field.rpartition(".")[2].lower(), known, n=1, cutoff=0.5)
    if similar:
        return f"There is no field `{field}`; did you mean `{similar[0]}`?"
    return f"There is no field `{field}`; expected {', '.join(f'`{each}`' for each in known)}."


def _fields_at(schema: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """The fields of the object that ``location`` points into; our schemas nest only in lists of objects."""
    for step in location[:-1]:
        if isinstance(step, str):
            (item,) = [each for each in _item_types(schema, step) if issubclass(each, BaseModel)]
            schema = item
    return list(schema.model_fields)


def _item_types(schema: type[BaseModel], field: str) -> tuple[type, ...]:
    annotation = schema.model_fields[field].annotation
    return tuple(getattr(annotation, "__args__", ()))


def quoted(value: object) -> str:
    """The value as it stands in a sentence: as Python writes it, and short."""
    return _shorten(repr(value))


def excerpt(value: object) -> object:
    """The value as ``got`` repeats it: short, and such that JSON can hold it."""
    if isinstance(value, str):
        return _shorten(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    return quoted(value)


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}..."
