"""Redacts what is stored: masks credentials and fields in queries and bodies, truncates long bodies."""

import re
import traceback
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import orjson

from diamonds.exchanges.frames import Body, Request

MASK = "***"
_QUOTING = frozenset({"message", "got", "warnings"})
"""Fields of responses that quote what was in the request."""
_DIMENSIONS = frozenset({"x", "y", "z"})  # explained together, as "size"
_MOST_VALUES = 200
_CREDENTIALS = (
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "auth",
    "signature",
    "credential",
    "session",
)


@dataclass(frozen=True, slots=True)
class Masked:
    """The values of masked fields in a request. ``everywhere``: they may be in any text of the response."""

    texts: frozenset[str]
    numbers: bool = False
    everywhere: bool = False

    def __bool__(self) -> bool:
        return bool(self.texts) or self.numbers or self.everywhere


NOTHING = Masked(frozenset())


def redact_query(query: str, masked_fields: Set[str] = frozenset()) -> str:
    """The query, with these parameters masked, and those whose names look like credentials."""
    if not query:
        return query
    return "&".join(_mask_parameter(part, masked_fields) for part in query.split("&"))


def redact(whole: bytes, limit: int, masked_fields: Set[str], in_request: Masked = NOTHING) -> Body:
    """The body as it is stored: its first ``limit`` bytes, with the values of these fields masked.

    A response is masked, too, where it quotes what the fields had ``in_request``. Where fields are to be
    masked, a body that is no JSON, or nested too deeply, may contain them anywhere: only its size is stored.
    """
    if not masked_fields or not whole:
        return Body.truncated(whole, limit)
    try:
        masked = _mask(orjson.loads(whole), masked_fields, in_request, _matcher(in_request))
        return Body.truncated(orjson.dumps(masked), limit)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return Body(b"", len(whole))


def masked_in(query: str, body: bytes, masked_fields: Set[str]) -> Masked:
    """The values of these fields in a request."""
    if not masked_fields:
        return NOTHING
    values: list[Any] = [value for name, value in parse_qsl(query) if name in masked_fields]
    try:
        values += _values(orjson.loads(body), masked_fields) if body else []
    except (orjson.JSONDecodeError, RecursionError):
        return Masked(frozenset(), everywhere=True)
    texts = frozenset(value for value in values if isinstance(value, str) and value)
    return Masked(texts, len(values) > len(texts), len(texts) > _MOST_VALUES)


def describe(problem: BaseException, masked_fields: Set[str]) -> str:
    """An exception for the log; without its message where fields are masked, for it may quote them."""
    if not masked_fields:
        return "".join(traceback.format_exception(problem))
    return "".join([*traceback.format_tb(problem.__traceback__), type(problem).__qualname__])


def is_credential(name: str) -> bool:
    """Whether what has this name looks like a key, a password or the like."""
    return any(word in name.lower() for word in _CREDENTIALS)


def is_masked(request: Request, response_body: str) -> bool:
    """Whether a part of an exchange is missing where it is stored, other than truncated."""
    return MASK in request.query or MASK.encode() in request.body.content or MASK in response_body


def _mask_parameter(part: str, masked_fields: Set[str]) -> str:
    name, equals, _ = part.partition("=")
    decoded = unquote_plus(name)
    secret = decoded in masked_fields or is_credential(decoded)
    return f"{name}={MASK}" if equals and secret else part


def _mask(value: Any, names: Set[str], in_request: Masked, quotes: Callable[[str], bool]) -> Any:
    if isinstance(value, str):
        return MASK if quotes(value) else value
    if isinstance(value, list):
        return [_mask(item, names, in_request, quotes) for item in value]
    if not isinstance(value, dict):
        return value
    secret = names | _quoting_fields(value, names, in_request)
    return {
        name: MASK if name in secret else _mask(item, names, in_request, quotes)
        for name, item in value.items()
    }


def _quoting_fields(value: dict[str, Any], names: Set[str], in_request: Masked) -> Set[str]:
    """The fields of an object of a response that quote a masked field of the request."""
    quoting: set[str] = set()
    if in_request or _last_name(value.get("field")) in names:  # an error, or warnings
        quoting |= _QUOTING
    feature = value.get("feature")
    if feature is not None and (feature in names or (feature == "size" and _DIMENSIONS & names)):
        quoting |= {"value", "text"}  # of an explanation
    return quoting


def _matcher(in_request: Masked) -> Callable[[str], bool]:
    """Whether a text has a masked text of the request in it, as a word or words."""
    if in_request.everywhere:
        return lambda text: True
    if not in_request.texts:
        return lambda text: False
    words = "|".join(map(re.escape, in_request.texts))
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)")
    return lambda text: pattern.search(text) is not None


def _values(value: Any, names: Set[str]) -> Iterator[Any]:
    """The values of the fields of these names, wherever they are."""
    if isinstance(value, list):
        for item in value:
            yield from _values(item, names)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item) if name in names else _values(item, names)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def _last_name(field: object) -> str:
    return str(field).rpartition(".")[2]
