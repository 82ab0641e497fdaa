"""The kept exchanges as the API shows them."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from typing import TypeVar, cast
from uuid import UUID

from bento_service.http.errors import ApiError, bad_request
from bento_service.schemas import ExchangeAnswer, ExchangesAnswer, ExchangesQuery
from diamonds.api.schemas import FieldError
from diamonds.database import DatabaseUnavailable, migrate
from diamonds.exchanges import BadCursor, Exchange, Filter, exchange, page

T = TypeVar("T")

AWAY = (*DatabaseUnavailable, ConnectionError)  # the latter where the embedded Postgres does not start

# Threads of their own: when the database hangs, only its readers wait.
_READERS = ThreadPoolExecutor(4, thread_name_prefix="exchanges")


async def list_exchanges(query: ExchangesQuery) -> ExchangesAnswer:
    """A page of the exchanges that pass the filters of the query."""
    paging = query.model_dump(include={"limit", "cursor", "bodies"})
    wanted = Filter(**query.model_dump(exclude=set(paging)))
    try:
        found = await _read(lambda: page(wanted, **paging))
    except BadCursor as error:
        field: FieldError = {"field": "cursor", "message": str(error), "got": query.cursor}
        raise bad_request(str(error), [field]) from error
    return {"exchanges": [_shown(each) for each in found.exchanges], "next": found.next}


async def show_exchange(text: str) -> ExchangeAnswer:
    """The exchange with that id; a 404 when there is none."""
    id_ = _uuid(text)
    found = await _read(lambda: exchange(id_))
    if found is None:
        raise ApiError(
            404, "unknown_exchange", f"There is no exchange {id_}; a new one takes a moment to get here."
        )
    return _shown(found)


async def read_database(read: Callable[[], T]) -> T:
    """What ``read`` gives, in a thread that may wait for the database; raises what is in ``AWAY``."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, _after_migration, read)


async def _read(read: Callable[[], T]) -> T:
    try:
        return await read_database(read)
    except AWAY as error:
        raise ApiError(
            503,
            "database_away",
            "The database cannot be reached; try again later. Nothing is lost: new exchanges wait on disk.",
        ) from error


def _after_migration(read: Callable[[], T]) -> T:
    _migrated()
    return read()


@cache
def _migrated() -> None:
    """Makes sure of the tables once: on a new database somebody may read before anything is written."""
    migrate()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        message = f"Got id={text!r}; expected the X-Exchange-Id of an answer, a UUID."
        raise bad_request(message, [{"field": "id", "message": message, "got": text}]) from error


def _shown(kept: Exchange) -> ExchangeAnswer:
    row = asdict(kept)
    encoded = {name: b64encode(value).decode() for name, value in row.items() if isinstance(value, bytes)}
    return cast(ExchangeAnswer, row | encoded)
