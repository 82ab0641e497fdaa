"""Stores the reports of the monitoring, and reads the newest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.tables import monitor_reports

LARGEST_PAGE = 100
_INSERT = "INSERT INTO monitor_reports (made_at, report) VALUES (:made_at, CAST(:report AS jsonb))"


def save_report(made_at: datetime, report: Mapping[str, Any]) -> dict[str, Any]:
    """Stores a report, and returns it as it is read again: times are texts, and what is no number is null."""
    content = orjson.dumps(report, option=orjson.OPT_SERIALIZE_NUMPY)
    with engine().begin() as connection:
        connection.execute(sa.text(_INSERT), {"made_at": made_at, "report": content.decode()})
    stored: dict[str, Any] = orjson.loads(content)
    return stored


def newest_reports(number: int) -> list[dict[str, Any]]:
    """The newest reports, newest first: in the order in which they were stored, whatever a clock said."""
    query = sa.select(monitor_reports.c.report).order_by(monitor_reports.c.id.desc()).limit(number)
    with engine().connect() as connection:
        return list(connection.scalars(query))
