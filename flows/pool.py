"""The work pool, its queues and the limits of trainings: made where missing, never changed afterwards."""

import asyncio
from contextlib import suppress

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from diamonds.models import REGISTRY
from diamonds.settings import settings

QUEUES = {"trainings": 1, "maintenance": None}
"""The queues of the pool, and how many runs of each are in progress at once."""
_AT_ONCE = 200
"""Maximum number of limits in one response of the server."""


def slot_of(model: str) -> str:
    """The name of the limit that keeps two trainings of one model apart."""
    return f"train-{model}"


def ensure_pool(client: SyncPrefectClient) -> None:
    """Makes what is missing; what people set, such as a pause, a limit or a job template, stays."""
    # Not as this module is imported, which each run does: it brings Prefect's workers.
    from prefect.workers.utilities import get_default_base_job_template_for_infrastructure_type

    chosen = settings()
    template = asyncio.run(get_default_base_job_template_for_infrastructure_type(chosen.work_pool_type))
    pool = WorkPoolCreate(name=chosen.work_pool, type=chosen.work_pool_type, base_job_template=template or {})
    with suppress(ObjectAlreadyExists):
        client.create_work_pool(pool)
    for queue, limit in QUEUES.items():
        with suppress(ObjectAlreadyExists):
            client.create_work_queue(queue, concurrency_limit=limit, work_pool_name=chosen.work_pool)
    # Of a limit that exists the server would log a traceback of its database for each model.
    limits = {each.name for each in client.read_global_concurrency_limits(limit=_AT_ONCE)}
    for name in map(slot_of, REGISTRY):
        if name not in limits:
            with suppress(ObjectAlreadyExists):
                client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=1))
