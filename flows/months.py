"""The flow that creates monthly partitions of exchanges, and deletes what is not needed any more."""

from prefect import State, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from diamonds.database import migrate
from diamonds.exchanges import Deleted, apply_retention, create_partitions
from diamonds.prefect_api.runs import data_in_use
from diamonds.settings import settings
from diamonds.training import uploads


@flow(name="months", timeout_seconds=3600)
def months(keep: int | None = None) -> State[None]:
    """Creates the partitions of this month and the next few, and deletes old exchanges and uploads.

    ``keep`` whole months before this one stay; by default as many as ``DIAMONDS_RETENTION_MONTHS``, or all.
    """
    created = create_ahead()
    deleted = delete_expired(keep or settings().retention_months)
    uploaded = delete_uploads()
    rows = [*(f"{count:,} {kind}" for kind, count in deleted.rows.items()), f"{uploaded:,} uploads"]
    return Completed(
        message=f"Made {_joined(created)}; dropped {_joined(deleted.partitions)}; deleted {_joined(rows)}."
    )


@task(retries=3, retry_delay_seconds=[10, 60, 600], cache_policy=NO_CACHE)
def create_ahead() -> list[str]:
    """Creates the partitions that are missing; returns their names."""
    migrate()
    return create_partitions()


@task(retries=3, retry_delay_seconds=[10, 60, 600], cache_policy=NO_CACHE)
def delete_expired(keep: int | None) -> Deleted:
    """Deletes what is older than ``keep`` whole months before this one, or nothing if it is None."""
    return Deleted() if keep is None else apply_retention(keep)


@task(retries=3, retry_delay_seconds=[10, 60, 600], cache_policy=NO_CACHE)
def delete_uploads() -> int:
    """Deletes the uploaded files on this machine that no run needs any more; returns how many."""
    return uploads.delete_expired(data_in_use()) if uploads.expired() else 0


def _joined(items: list[str]) -> str:
    return ", ".join(items) or "none"
