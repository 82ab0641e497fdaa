"""Adds, lists, revokes and rotates the keys in the database."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from diamonds.database import engine
from diamonds.keys.key import StoredKey, generate, id_of, store
from diamonds.keys.scopes import Scope
from diamonds.keys.tables import api_keys

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
RESERVED_NAMES = frozenset({"admin.key", "DIAMONDS_API_KEYS"})
"""Names of the keys that are not in the database."""

UNREADABLE = (SQLAlchemyError, OSError, ValueError)
"""What is raised when the database is away, refuses, or has a URL that is none."""

_NO_SUCH_TABLE = "42P01"
_COLUMNS = [column.name for column in api_keys.columns]


class BadKeyName(ValueError):
    """No key can have this name."""


class UnknownKey(LookupError):
    """There is no active key of this name or id."""


def add(name: str, scopes: Iterable[Scope], expires_at: datetime | None = None) -> str:
    """Makes a key and returns it; it is nowhere else. Raises ``BadKeyName``."""
    if NAME.fullmatch(name) is None or name in RESERVED_NAMES:
        message = "expected up to 100 letters, digits, spaces, dots, dashes, underscores, unreserved"
        raise BadKeyName(f"Got the name {name!r}; {message}.")
    with engine().begin() as connection:
        _lock(connection)
        if _active(connection, name):
            raise BadKeyName(f"Got the name {name!r}, which an active key has; rotate or revoke that one.")
        return _insert(connection, name, frozenset(scopes), expires_at)


def rotate(name: str, grace: timedelta) -> str:
    """Makes a new key of that name with the same scopes; the old one expires after ``grace``.

    A date on which the old key was to expire is the new one's. Raises ``UnknownKey``.
    """
    with engine().begin() as connection:
        _lock(connection)
        newest, *_ = _expect_active(connection, name)
        ends = _now() + grace
        earlier = sa.func.least(sa.func.coalesce(api_keys.c.expires_at, ends), ends)
        connection.execute(_of(newest.name).values(expires_at=earlier))
        return _insert(connection, newest.name, newest.scopes, newest.expires_at)


def revoke(name: str) -> int:
    """Revokes the active keys of that name, or the one of that id; returns how many. Raises as above."""
    with engine().begin() as connection:
        _lock(connection)
        active = _expect_active(connection, name)
        connection.execute(_of(name).values(revoked_at=_now()))
    return len(active)


def stored_key(key: str) -> StoredKey:
    """What is stored of a key that was made here."""
    with engine().connect() as connection:
        (stored,) = _read(connection, api_keys.c.id == id_of(key.encode()))
    return stored


def stored_keys() -> list[StoredKey]:
    """All keys that ever were, newest first; none where the database is not migrated yet."""
    try:
        with engine().connect() as connection:
            return _read(connection, sa.true())
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) != _NO_SUCH_TABLE:
            raise
        return []


def note_last_use(used: Mapping[str, datetime]) -> None:
    """Stores when keys were used, by id; an earlier time never replaces a later one."""
    at = sa.bindparam("at", type_=sa.DateTime(timezone=True))
    later = sa.func.greatest(sa.func.coalesce(api_keys.c.last_used_at, at), at)
    statement = sa.update(api_keys).where(api_keys.c.id == sa.bindparam("key")).values(last_used_at=later)
    with engine().begin() as connection:
        # Always in the same order, so that workers never wait for one another in a circle.
        connection.execute(statement, [{"key": id_, "at": used[id_]} for id_ in sorted(used)])


def _insert(
    connection: sa.Connection, name: str, scopes: frozenset[Scope], expires_at: datetime | None
) -> str:
    key = generate()
    stored = store(key, name, scopes, _now(), expires_at)
    row = {column: getattr(stored, column) for column in _COLUMNS}
    connection.execute(sa.insert(api_keys).values({**row, "scopes": sorted(scopes)}))
    return key


def _expect_active(connection: sa.Connection, name: str) -> list[StoredKey]:
    active = _active(connection, name)
    if not active:
        raise UnknownKey(f"Got {name!r}; expected the name or the id of an active key: diamonds keys list")
    return active


def _active(connection: sa.Connection, name: str) -> list[StoredKey]:
    keys = _read(connection, _is_named(name))
    return [key for key in keys if key.is_active(_now())]


def _of(name: str) -> sa.Update:
    """An update of the keys of that name or id that are not revoked."""
    return sa.update(api_keys).where(_is_named(name), api_keys.c.revoked_at.is_(None))


def _is_named(name: str) -> sa.ColumnElement[bool]:
    return sa.or_(api_keys.c.name == name, api_keys.c.id == name)


def _read(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[StoredKey]:
    order = api_keys.c.created_at.desc(), api_keys.c.id
    rows = connection.execute(sa.select(api_keys).where(condition).order_by(*order)).mappings()
    return [StoredKey(**{**row, "scopes": frozenset(map(Scope, row["scopes"]))}) for row in rows]


def _lock(connection: sa.Connection) -> None:
    """Lets others read, but not change keys until the end of the transaction."""
    connection.exec_driver_sql("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE")


def _now() -> datetime:
    return datetime.now(UTC)
