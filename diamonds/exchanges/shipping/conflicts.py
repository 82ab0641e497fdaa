"""Upserts exchanges, including those whose ids turn out to belong to other requests."""

import logging
from collections.abc import Sequence

import sqlalchemy as sa
import uuid_utils

from diamonds.exchanges.database.queries import read_exchange
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Joined
from diamonds.exchanges.idempotency import same_request

logger = logging.getLogger(__name__)


def upsert_resolved(connection: sa.Connection, batch: Sequence[Joined], *, as_bytes: bool = False) -> int:
    """As ``upsert``; an exchange under an unchecked id that another request has is stored under a new one."""
    changed = upsert(connection, batch, as_bytes=as_bytes)
    for request, response in batch:
        existing = read_exchange(connection, request.id) if request.id_unchecked else None
        if existing is not None and not same_request(existing, request):
            renamed = request._replace(id=str(uuid_utils.uuid7()), id_unchecked=False)
            logger.warning("Exchange %s is stored as %s: its id was taken.", request.id, renamed.id)
            upsert(connection, [(renamed, response)], as_bytes=as_bytes)
    return changed
