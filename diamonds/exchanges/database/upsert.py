"""Inserts or updates exchanges in the database: each is one row, however often it is written."""

from collections.abc import Sequence

import orjson
import sqlalchemy as sa

from diamonds.database import copy_in
from diamonds.exchanges.database.bodies import body_columns
from diamonds.exchanges.database.feedback import store_feedback
from diamonds.exchanges.database.key_order import key_order
from diamonds.exchanges.exchange import is_final
from diamonds.exchanges.frames import Body, Joined, Request, Response
from diamonds.exchanges.redaction import is_masked

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
    "response_key_order": "text",
}
_COLUMNS = ", ".join(f"{name} {type_}" for name, type_ in _TYPES.items())

_INSERT = """
INSERT INTO exchanges AS existing (
    id, started_at, method, path, query, request_headers,
    request_body, request_bytes, request_size, request_sha256,
    duration_ms, status, model, model_version,
    response_body, response_bytes, response_size, response_sha256, response_key_order)
SELECT
    id, to_timestamp(started_at), method, path, query, request_headers::jsonb,
    request_body::jsonb, decode(request_base64, 'base64'), request_size, decode(request_sha256, 'hex'),
    duration_ms, status, model, model_version,
    response_body::jsonb, decode(response_base64, 'base64'), response_size, decode(response_sha256, 'hex'),
    response_key_order::jsonb
FROM {source}
WHERE NOT EXISTS (SELECT FROM forgotten_exchanges forgotten WHERE forgotten.id = incoming.id)
ON CONFLICT (id) DO UPDATE SET
    started_at = excluded.started_at, duration_ms = excluded.duration_ms, status = excluded.status,
    response_body = excluded.response_body, response_bytes = excluded.response_bytes,
    response_size = excluded.response_size, response_sha256 = excluded.response_sha256,
    model = excluded.model, model_version = excluded.model_version,
    response_key_order = excluded.response_key_order
WHERE excluded.status IS NOT NULL AND {same_request} AND (
    existing.status IS NULL
    OR (NOT {existing_is_final} AND ({excluded_is_final} OR excluded.started_at > existing.started_at)))
"""

# A response whose request was lost to damage has no method.
_SAME_REQUEST = """(excluded.method = '' OR
    (existing.method, existing.path, existing.query) = (excluded.method, excluded.path, excluded.query)
    AND existing.request_body IS NOT DISTINCT FROM excluded.request_body
    AND existing.request_bytes IS NOT DISTINCT FROM excluded.request_bytes
    AND existing.request_sha256 IS NOT DISTINCT FROM excluded.request_sha256)"""
_IS_FINAL = "({0}.status < 400 OR {0}.status = 400)"  # as ``is_final``
_CONDITIONS = {
    "same_request": _SAME_REQUEST,
    "existing_is_final": _IS_FINAL.format("existing"),
    "excluded_is_final": _IS_FINAL.format("excluded"),
}

# Few rows are sent as one JSON parameter. For many, COPY costs the database a third less a row; as it knows
# no ON CONFLICT, they go through a temporary table.
_FEW = 100
_INSERT_FEW = _INSERT.format(
    source=f"json_to_recordset(%(rows)s::json) AS incoming({_COLUMNS})", **_CONDITIONS
)
_PREPARE_MANY = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS incoming ({_COLUMNS}) ON COMMIT DELETE ROWS;
DELETE FROM incoming
"""  # noqa: S608 - the columns are ours
_INSERT_MANY = _INSERT.format(source="incoming", **_CONDITIONS)

_NO_BODY = Body(b"")


def upsert(connection: sa.Connection, batch: Sequence[Joined], *, as_bytes: bool = False) -> int:
    """Inserts exchanges that are not in the database, and returns the number of rows inserted or updated.

    A response completes the row of its request; that of a later attempt replaces a failure. A row that
    another request has under this id stays as it is.
    ``as_bytes`` stores JSON as bytes, for a body that ``fits_jsonb`` misjudged.
    """
    by_id = {joined[0].id: joined for joined in sorted(batch, key=_precedence)}
    rows = [_row(*joined, as_bytes) for joined in by_id.values()]
    changed = _insert_few(connection, rows) if len(rows) <= _FEW else _insert_many(connection, rows)
    store_feedback(connection, batch)  # in the same transaction, so that feedback is as safe as exchanges
    return changed


def _insert_few(connection: sa.Connection, rows: Sequence[tuple[object, ...]]) -> int:
    records = orjson.dumps([dict(zip(_TYPES, row, strict=True)) for row in rows])
    return connection.exec_driver_sql(_INSERT_FEW, {"rows": records.decode()}).rowcount


def _insert_many(connection: sa.Connection, rows: Sequence[tuple[object, ...]]) -> int:
    connection.exec_driver_sql(_PREPARE_MANY)
    copy_in(connection, "incoming", rows)
    return connection.exec_driver_sql(_INSERT_MANY).rowcount


def _precedence(joined: Joined) -> tuple[int, float]:
    """Orders attempts under one id: the first final response is stored, or else the last failure."""
    request, response = joined
    if response is None or response.status is None:
        return 0, 0.0
    return (2, -request.started_at) if is_final(response.status) else (1, request.started_at)


def _row(request: Request, response: Response | None, as_bytes: bool) -> tuple[object, ...]:
    """The values of an exchange in the order of ``_TYPES``."""
    outcome = (None, None, None, None) if response is None else response[2:6]
    body = response.body if response else _NO_BODY
    response_body = body_columns(body, as_bytes=as_bytes)
    return (
        request.id,
        request.started_at,
        request.method,
        request.path,
        request.query,
        orjson.dumps(request.headers).decode() if request.headers else None,
        *body_columns(request.body, as_bytes=as_bytes),
        *outcome,
        *response_body,
        _key_order(request, response_body[0]),
    )


def _key_order(request: Request, response_body: str | None) -> str | None:
    """For retries, which get the response as it was sent: not where it is no JSON, or anything is masked."""
    if not request.id_from_client or response_body is None or is_masked(request, response_body):
        return None
    order = key_order(orjson.loads(response_body))
    return None if order is None else orjson.dumps(order).decode()
