"""Upserts exchanges, including those whose ids turn out to belong to other requests."""

import logging
from collections.abc import Sequence

import sqlalchemy as sa

from diamonds.exchanges.database.queries import read_exchange
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Joined
from diamonds.exchanges.idempotency import own_id, same_request

logger = logging.getLogger(__name__)

# A row has the time of the attempt that wrote it, so these are by other attempts or of other requests.
_STARTED_AT_OTHER_TIMES = """
SELECT existing.id::text
FROM unnest(%(ids)s::uuid[], %(started_at)s::double precision[]) AS mine(id, started_at)
JOIN exchanges existing ON existing.id = mine.id AND existing.started_at <> to_timestamp(mine.started_at)
"""


def upsert_resolved(connection: sa.Connection, batch: Sequence[Joined], *, as_bytes: bool = False) -> int:
    """As ``upsert``; an exchange whose id is another request's is stored under ``own_id``.

    However often it is written, it is stored once.
    """
    changed = upsert(connection, batch, as_bytes=as_bytes)
    for request, response in _in_doubt(connection, batch):
        existing = read_exchange(connection, request.id)
        if existing is not None and not same_request(existing, request):
            renamed = request._replace(id=own_id(request))
            logger.warning("Exchange %s is stored as %s: its id was taken.", request.id, renamed.id)
            changed += upsert(connection, [(renamed, response)], as_bytes=as_bytes)
    return changed


def _in_doubt(connection: sa.Connection, batch: Sequence[Joined]) -> list[Joined]:
    """Those under ids that clients chose whose rows may be other requests'."""
    chosen = [joined for joined in batch if joined[0].id_from_client]
    if not chosen:
        return []
    parameters = {
        "ids": [request.id for request, _ in chosen],
        "started_at": [request.started_at for request, _ in chosen],
    }
    doubtful = set(connection.exec_driver_sql(_STARTED_AT_OTHER_TIMES, parameters).scalars())
    return [joined for joined in chosen if joined[0].id in doubtful]
