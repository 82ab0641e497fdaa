"""What the API says when a request cannot be answered: a status, a code, and the fields to mend."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from diamonds.api.schemas import ErrorAnswer, FieldError

_LONGEST_SHOWN = 100
_MOST_FIELDS = 20


class ApiError(Exception):
    """Ends a request with ``status`` and the error object of the contract."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Sequence[FieldError] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = list(fields)
        self.headers = list(headers)

    def body(self) -> ErrorAnswer:
        return {"error": {"code": self.code, "message": self.message, "fields": self.fields}}


def bad_request(message: str, fields: Sequence[FieldError] = (), code: str = "invalid_input") -> ApiError:
    """The one status for all bad input is 400."""
    return ApiError(400, code, message, fields)


def invalid(error: ValidationError, schema: type[BaseModel]) -> ApiError:
    """The answer to a body (or query) that ``schema`` refuses, in sentences about its fields."""
    fields = list(_fields(error, schema))
    more = len(fields) - 1
    message = fields[0]["message"] + (f" ({more} more, see `fields`.)" if more else "")
    return bad_request(message, fields[:_MOST_FIELDS])


def _fields(error: ValidationError, schema: type[BaseModel]) -> Iterator[FieldError]:
    for details in error.errors(include_url=False):
        name = path(details["loc"])
        given = None if details["type"] == "missing" else shown(details["input"])
        yield {"field": name, "message": _sentence(name, dict(details), schema), "got": given}


def path(location: Sequence[int | str]) -> str:
    """``("diamonds", 3, "carat")`` as ``diamonds[3].carat``."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return steps.lstrip(".")


def _sentence(name: str, details: dict[str, Any], schema: type[BaseModel]) -> str:
    kind, given = details["type"], details["input"]
    if kind == "missing":
        return f"`{name}` is missing."
    if kind == "extra_forbidden":
        return unknown_field(name, _names_at(schema, details["loc"]))
    if kind == "value_error":
        return str(details["ctx"]["error"])
    expected = _EXPECTATIONS.get(kind) or details["msg"].removeprefix("Input should be ")
    return f"Got {name or 'the body'}={_quoted(given)}; expected {expected.format(**details.get('ctx', {}))}."


_EXPECTATIONS = {
    "float_type": "a number",
    "int_type": "a whole number",
    "string_type": "a string",
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


def unknown_field(name: str, known: Sequence[str]) -> str:
    """Says that there is no such field, and which was probably meant."""
    close = get_close_matches(name.rpartition(".")[2].lower(), known, n=1, cutoff=0.5)
    if close:
        return f"There is no field `{name}`; did you mean `{close[0]}`?"
    return f"There is no field `{name}`; expected {', '.join(f'`{each}`' for each in known)}."


def _names_at(schema: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """The fields of the object that ``location`` points into; our schemas nest only in lists of objects."""
    for step in location[:-1]:
        if isinstance(step, str):
            (item,) = [each for each in _item_types(schema, step) if issubclass(each, BaseModel)]
            schema = item
    return list(schema.model_fields)


def _item_types(schema: type[BaseModel], field: str) -> tuple[type, ...]:
    annotation = schema.model_fields[field].annotation
    return tuple(getattr(annotation, "__args__", ()))


def _quoted(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def shown(value: object) -> object:
    """The value as it may be shown in an answer: short, and such that JSON can hold it."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}..."
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    return _quoted(value)
