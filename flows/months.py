"""The flow that creates monthly partitions of exchanges ahead, and drops those older than the retention."""

from prefect import State, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from diamonds.database import migrate
from diamonds.exchanges import create_partitions, drop_partitions_before
from diamonds.settings import settings


@flow(name="months")
def months(keep: int | None = None) -> State[None]:
    """Creates the partitions of this month and the next few, and drops those that are too old.

    ``keep`` whole months before this one stay; by default as many as ``DIAMONDS_RETENTION_MONTHS``, or all.
    """
    created = create_ahead()
    dropped = drop_expired(keep or settings().retention_months)
    return Completed(message=f"Made {_joined(created)}; dropped {_joined(dropped)}.")


@task(retries=3, retry_delay_seconds=[10, 60, 600], cache_policy=NO_CACHE)
def create_ahead() -> list[str]:
    """Creates the partitions that are missing; returns their names."""
    migrate()
    return create_partitions()


@task(retries=3, retry_delay_seconds=[10, 60, 600], cache_policy=NO_CACHE)
def drop_expired(keep: int | None) -> list[str]:
    """Drops the partitions before the last ``keep`` months, or none if it is None; returns their names."""
    return [] if keep is None else drop_partitions_before(keep)


def _joined(partitions: list[str]) -> str:
    return ", ".join(partitions) or "none"
