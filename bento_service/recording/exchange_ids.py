"""The ids of exchanges: a new UUIDv7 for each, or the one that its client chose so that it may retry."""

from contextvars import ContextVar
from uuid import UUID

import uuid_utils

from bento_service.http.errors import ApiError, field_error, quoted

HEADER = b"x-exchange-id"
_NAME = "X-Exchange-Id"
RETRY_HEADER = b"x-exchange-retry"
"""With any value: its client may have sent this request before, under the same id."""

client_chosen_id: ContextVar[str | None] = ContextVar("client_chosen_id", default=None)
"""The id of the request in hand where its client chose it, for what a retry must not do again."""


def new_id() -> str:
    return str(uuid_utils.uuid7())


def parse_id(text: str) -> str:
    """The id in canonical form; raises the 400 for what is no UUID."""
    try:
        return str(UUID(text))
    except ValueError:
        message = f"Got X-Exchange-Id={quoted(text)}; expected a UUID such as {new_id()}, or leave it out."
        raise field_error(_NAME, message, text) from None


def id_taken(text: str) -> ApiError:
    """The 409 for an id that another request has used."""
    message = f"Got X-Exchange-Id={quoted(text)}, which another request has used; expected a new one or none."
    return field_error(_NAME, message, text, status=409, code="exchange_id_taken")
