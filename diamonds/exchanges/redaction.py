"""What is never kept: credentials in queries, and the values of the fields that a setting names."""

from collections.abc import Set
from typing import Any
from urllib.parse import unquote_plus

import orjson

from diamonds.exchanges.frames import Body

MASK = "***"
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


def without_credentials(query: str) -> str:
    """The query with the values of parameters masked whose name speaks of a credential."""
    if not query:
        return query
    return "&".join(_masked_parameter(part) for part in query.split("&"))


def kept(whole: bytes, limit: int, masked_fields: Set[str]) -> Body:
    """What is kept of a body: its first bytes, and nothing of the fields to mask.

    Where fields are to be masked, a body that is no JSON, or nested too deeply, may hide them anywhere: only
    its size is kept.
    """
    if not masked_fields or not whole:
        return Body.within(limit, whole)
    try:
        return Body.within(limit, orjson.dumps(_masked(orjson.loads(whole), masked_fields)))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return Body(b"", len(whole))


def _masked_parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    plain = unquote_plus(name).lower()
    return f"{name}={MASK}" if equals and any(word in plain for word in _CREDENTIALS) else part


def _masked(value: Any, names: Set[str]) -> Any:
    if isinstance(value, list):
        return [_masked(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    masked = {name: MASK if name in names else _masked(item, names) for name, item in value.items()}
    if _last_name(value.get("field")) in names:  # an error that quotes what came in a field
        masked |= {name: MASK for name in ("got", "message") if name in masked}
    return masked


def _last_name(field: object) -> str:
    return str(field).rpartition(".")[2]
