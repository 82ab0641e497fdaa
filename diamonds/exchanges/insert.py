"""Writes exchanges into the database, each exactly once however often it is tried."""

from collections.abc import Sequence

import orjson
import sqlalchemy as sa

from diamonds.exchanges.bodies import columns
from diamonds.exchanges.feedback import project
from diamonds.exchanges.unshipped import Joined

# One parameter for the whole batch: Python spends about a tenth of what a row of parameters each would cost.
_INSERT = """
INSERT INTO exchanges AS kept (
    id, started_at, duration_ms, method, path, query, status, request_headers, request_body, response_body,
    request_bytes, response_bytes, request_size, request_sha256, response_size, response_sha256,
    model, model_version)
SELECT
    id, to_timestamp(started_at), duration_ms, method, path, query, status, request_headers, request_body,
    response_body, decode(request_bytes, 'base64'), decode(response_bytes, 'base64'),
    request_size, decode(request_sha256, 'hex'), response_size, decode(response_sha256, 'hex'),
    model, model_version
FROM json_to_recordset(%(batch)s::json) AS come(
    id uuid, started_at double precision, duration_ms double precision, method text, path text, query text,
    status smallint, request_headers jsonb, request_body jsonb, response_body jsonb, request_bytes text,
    response_bytes text, request_size bigint, request_sha256 text, response_size bigint, response_sha256 text,
    model text, model_version text)
WHERE NOT EXISTS (SELECT FROM forgotten_exchanges forgotten WHERE forgotten.id = come.id)
ON CONFLICT (id) DO UPDATE SET
    duration_ms = excluded.duration_ms, status = excluded.status,
    response_body = excluded.response_body, response_bytes = excluded.response_bytes,
    response_size = excluded.response_size, response_sha256 = excluded.response_sha256,
    model = excluded.model, model_version = excluded.model_version
WHERE kept.status IS NULL AND excluded.status IS NOT NULL
"""


def insert(connection: sa.Connection, batch: Sequence[Joined], *, as_bytes: bool = False) -> int:
    """Adds those that are not there yet; an answer completes a request that is there without one.
    Gives the number of rows added or completed.

    ``as_bytes`` keeps JSON as bytes, for a body that the database refuses against our expectation.
    """
    rows = {joined[0].id: _row(joined, as_bytes) for joined in _answered_last(batch)}
    payload = orjson.dumps(list(rows.values())).decode()
    changed = connection.exec_driver_sql(_INSERT, {"batch": payload}).rowcount
    project(connection, batch)  # in this transaction, so that feedback is as safe as exchanges
    return changed


def _answered_last(batch: Sequence[Joined]) -> list[Joined]:
    """So ordered that of two with one id the first answered one comes last, and stays."""
    backwards = list(reversed(batch))
    return sorted(backwards, key=lambda joined: joined[1] is not None and joined[1].status is not None)


def _row(joined: Joined, as_bytes: bool) -> dict[str, object]:
    asked, answer = joined
    row: dict[str, object] = {
        "id": asked.id,
        "started_at": asked.started_at,
        "method": asked.method,
        "path": asked.path,
        "query": asked.query,
        "request_headers": asked.headers,
        **columns("request", asked.body, as_bytes=as_bytes),
    }
    if answer is not None:
        row |= {
            "duration_ms": answer.duration_ms,
            "status": answer.status,
            "model": answer.model,
            "model_version": answer.model_version,
            **columns("response", answer.body, as_bytes=as_bytes),
        }
    return row
