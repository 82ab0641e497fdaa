"""Writes exchanges into the database, each exactly once however often it is tried."""

from collections.abc import Sequence

import orjson
import sqlalchemy as sa

from diamonds.exchanges.bodies import columns
from diamonds.exchanges.exchange import is_final
from diamonds.exchanges.feedback import project
from diamonds.exchanges.unshipped import Joined

# One parameter for many rows: Python spends about a tenth of what a row of parameters each would cost. For
# more than these Postgres takes longer per row.
_ROWS_OF_A_STATEMENT = 500
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
    started_at = excluded.started_at, duration_ms = excluded.duration_ms, status = excluded.status,
    response_body = excluded.response_body, response_bytes = excluded.response_bytes,
    response_size = excluded.response_size, response_sha256 = excluded.response_sha256,
    model = excluded.model, model_version = excluded.model_version
WHERE excluded.status IS NOT NULL AND (
    kept.status IS NULL
    OR ((kept.status >= 500 OR kept.status = 429) AND excluded.started_at > kept.started_at))
"""


def insert(connection: sa.Connection, batch: Sequence[Joined], *, as_bytes: bool = False) -> int:
    """Adds those that are not there yet; an answer completes a request that is there without one, and that
    of a retry replaces a failure. Gives the number of rows added or changed.

    ``as_bytes`` keeps JSON as bytes, for a body that the database refuses against our expectation.
    """
    rows = [*{joined[0].id: _row(joined, as_bytes) for joined in sorted(batch, key=_weight)}.values()]
    changed = 0
    for start in range(0, len(rows), _ROWS_OF_A_STATEMENT):
        payload = orjson.dumps(rows[start : start + _ROWS_OF_A_STATEMENT]).decode()
        changed += connection.exec_driver_sql(_INSERT, {"batch": payload}).rowcount
    project(connection, batch)  # in this transaction, so that feedback is as safe as exchanges
    return changed


def _weight(joined: Joined) -> tuple[int, float]:
    """Of those with one id the heaviest stays: the first final answer, or else the last failure."""
    asked, answer = joined
    if answer is None or answer.status is None:
        return 0, 0.0
    return (2, -asked.started_at) if is_final(answer.status) else (1, asked.started_at)


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
