"""Writes exchanges into the database, each exactly once however often it is tried."""

from collections.abc import Sequence

import orjson
import sqlalchemy as sa

from diamonds.database import copy_in
from diamonds.exchanges.database.feedback import project
from diamonds.exchanges.exchange import is_final
from diamonds.exchanges.journal.frames import Answer, Body, Request
from diamonds.exchanges.journal.reader import Joined
from diamonds.exchanges.shipping.bodies import stored

_TYPES = {
    "id": "uuid",
    "started_at": "double precision",
    "method": "text",
    "path": "text",
    "query": "text",
    "request_headers": "text",
    "request_body": "text",
    "request_base64": "text",
    "request_size": "bigint",
    "request_sha256": "text",
    "duration_ms": "double precision",
    "status": "smallint",
    "model": "text",
    "model_version": "text",
    "response_body": "text",
    "response_base64": "text",
    "response_size": "bigint",
    "response_sha256": "text",
}
_COLUMNS = ", ".join(f"{name} {type_}" for name, type_ in _TYPES.items())

_INSERT = """
INSERT INTO exchanges AS kept (
    id, started_at, method, path, query, request_headers,
    request_body, request_bytes, request_size, request_sha256,
    duration_ms, status, model, model_version,
    response_body, response_bytes, response_size, response_sha256)
SELECT
    id, to_timestamp(started_at), method, path, query, request_headers::jsonb,
    request_body::jsonb, decode(request_base64, 'base64'), request_size, decode(request_sha256, 'hex'),
    duration_ms, status, model, model_version,
    response_body::jsonb, decode(response_base64, 'base64'), response_size, decode(response_sha256, 'hex')
FROM {source}
WHERE NOT EXISTS (SELECT FROM forgotten_exchanges forgotten WHERE forgotten.id = coming.id)
ON CONFLICT (id) DO UPDATE SET
    started_at = excluded.started_at, duration_ms = excluded.duration_ms, status = excluded.status,
    response_body = excluded.response_body, response_bytes = excluded.response_bytes,
    response_size = excluded.response_size, response_sha256 = excluded.response_sha256,
    model = excluded.model, model_version = excluded.model_version
WHERE excluded.status IS NOT NULL AND (
    kept.status IS NULL
    OR ((kept.status >= 500 OR kept.status = 429) AND excluded.started_at > kept.started_at))
"""

# Few rows come as one parameter. For many, COPY costs the database a third less a row; as it knows no
# ON CONFLICT, they go by way of a table of the session.
_FEW = 100
_INSERT_FEW = _INSERT.format(source=f"json_to_recordset(%(rows)s::json) AS coming({_COLUMNS})")
_PREPARE_MANY = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS coming ({_COLUMNS}) ON COMMIT DELETE ROWS;
DELETE FROM coming
"""  # noqa: S608 - the columns are ours
_INSERT_MANY = _INSERT.format(source="coming")

_NO_BODY = Body(b"")


def insert(connection: sa.Connection, batch: Sequence[Joined], *, as_bytes: bool = False) -> int:
    """Adds those that are not there yet; an answer completes a request that is there without one, and that
    of a retry replaces a failure. Gives the number of rows added or changed.

    ``as_bytes`` keeps JSON as bytes, for a body that the database refuses against our expectation.
    """
    heaviest = {joined[0].id: joined for joined in sorted(batch, key=_weight)}
    rows = [_row(*joined, as_bytes) for joined in heaviest.values()]
    changed = _insert_few(connection, rows) if len(rows) <= _FEW else _insert_many(connection, rows)
    project(connection, batch)  # in this transaction, so that feedback is as safe as exchanges
    return changed


def _insert_few(connection: sa.Connection, rows: Sequence[tuple[object, ...]]) -> int:
    named = orjson.dumps([dict(zip(_TYPES, row, strict=True)) for row in rows])
    return connection.exec_driver_sql(_INSERT_FEW, {"rows": named.decode()}).rowcount


def _insert_many(connection: sa.Connection, rows: Sequence[tuple[object, ...]]) -> int:
    connection.exec_driver_sql(_PREPARE_MANY)
    copy_in(connection, "coming", rows)
    return connection.exec_driver_sql(_INSERT_MANY).rowcount


def _weight(joined: Joined) -> tuple[int, float]:
    """Of those with one id the heaviest stays: the first final answer, or else the last failure."""
    asked, answer = joined
    if answer is None or answer.status is None:
        return 0, 0.0
    return (2, -asked.started_at) if is_final(answer.status) else (1, asked.started_at)


def _row(asked: Request, answer: Answer | None, as_bytes: bool) -> tuple[object, ...]:
    """An exchange in the order of ``_TYPES``."""
    outcome = (None, None, None, None) if answer is None else answer[2:6]
    return (
        asked.id,
        asked.started_at,
        asked.method,
        asked.path,
        asked.query,
        orjson.dumps(asked.headers).decode() if asked.headers else None,
        *stored(asked.body, as_bytes=as_bytes),
        *outcome,
        *stored(answer.body if answer else _NO_BODY, as_bytes=as_bytes),
    )
