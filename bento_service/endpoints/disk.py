"""Measures once a minute what is on the disks, for Prometheus, in one of the workers."""

import asyncio
import logging
from functools import cache

from bentoml._internal.context import server_context
from prometheus_client import Gauge

from bento_service.http.threads import MODEL_STORE, run_in
from diamonds.doctor.disk_use import disk_use

EVERY_SECONDS = 60.0

log = logging.getLogger("bentoml.diamonds")


async def follow() -> None:
    """Measures every minute until cancelled; in the first worker only, as all have the same disks."""
    while server_context.worker_index in (None, 1):
        await run_in(MODEL_STORE, _measure)
        await asyncio.sleep(EVERY_SECONDS)


def _measure() -> None:
    used, free = _gauges()
    try:
        for each in disk_use():
            used.labels(each.part).set(each.used_bytes)
            free.labels(each.part).set(each.free_bytes)
    except OSError as error:  # a disk that is away now may be back the next time
        log.warning("The use of the disks could not be measured: %s", error)


@cache
def _gauges() -> tuple[Gauge, Gauge]:
    """Created when first needed: BentoML must have set the folder of their files before."""
    return (
        Gauge("diamonds_disk_used_bytes", "Size of a part's files.", ["part"], multiprocess_mode="livemax"),
        Gauge("diamonds_disk_free_bytes", "Free on a part's disk.", ["part"], multiprocess_mode="livemin"),
    )
