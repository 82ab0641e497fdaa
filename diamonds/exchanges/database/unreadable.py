"""Reads exchanges even where a stored body cannot be read back: it is left out then."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

logger = logging.getLogger(__name__)

_TOO_LONG = {"54000", "XX000", "53200"}  # a text above the limit, an allocation above it, no memory for it


def without_unreadable(read: Callable[[bool], T]) -> T:
    """What ``read(False)`` returns, or where it fails because of a body, ``read(True)``.

    The latter is to read JSON by ``readable_json``, which takes longer.
    """
    try:
        return read(False)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) not in _TOO_LONG:
            raise
        logger.warning("A stored body cannot be read back and is left out: %s", error.orig)
        return read(True)


def readable_json(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The value of a JSONB column, or null where it cannot be read back."""
    return sa.func.readable_json(column, type_=JSONB)
