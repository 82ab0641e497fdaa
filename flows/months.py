"""The flow that makes the partitions of exchanges ahead, and drops the months that are kept no longer."""

from prefect import State, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from diamonds.database import migrate
from diamonds.exchanges import drop_months_before, prepare_months
from diamonds.settings import settings


@flow(name="months")
def months(keep: int | None = None) -> State[None]:
    """Sees to the partitions of this month and the next few, and to none that is too old.

    ``keep`` whole months before this one stay; when it is left out, as many as the settings say, or all.
    """
    made = make_ahead()
    dropped = drop_old(keep or settings().retention_months)
    return Completed(message=f"Made {_named(made)}; dropped {_named(dropped)}.")


@task(retries=3, retry_delay_seconds=[10, 60, 600], cache_policy=NO_CACHE)
def make_ahead() -> list[str]:
    """Makes the partitions that are missing; their names."""
    migrate()
    return prepare_months()


@task(retries=3, retry_delay_seconds=[10, 60, 600], cache_policy=NO_CACHE)
def drop_old(keep: int | None) -> list[str]:
    """Drops the partitions before the last ``keep`` months, None keeping all; their names."""
    return [] if keep is None else drop_months_before(keep)


def _named(partitions: list[str]) -> str:
    return ", ".join(partitions) or "none"
