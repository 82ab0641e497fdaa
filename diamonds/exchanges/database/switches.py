"""Stores every change of a switch of the loop, and reads them: all hosts of one database share them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.tables import switch_changes


def append_change(change: Mapping[str, Any]) -> None:
    """Stores a change; its names are the table's columns."""
    with engine().begin() as connection:
        connection.execute(sa.insert(switch_changes).values(**change))


def changes_newest_first() -> list[dict[str, Any]]:
    """Every change, in the order in which they were stored."""
    query = sa.select(switch_changes).order_by(switch_changes.c.id.desc())
    with engine().connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
