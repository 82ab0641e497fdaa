"""Follows the model store that several machines share, and notes since when it does not answer."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import cache

from prometheus_client import Gauge
from typing_extensions import TypedDict

from bento_service.http.threads import SHARED_STORE, run_in
from diamonds.sharing.files import StoreAway
from diamonds.versions import store
from diamonds.versions.shared import is_shared

EVERY_SECONDS = 1.0
_PAUSE_S_ON_A_FULL_DISK = 30.0

log = logging.getLogger("bentoml.diamonds")


class SharedStoreState(TypedDict):
    """Whether the shared model store answers, since when, and what is wrong otherwise."""

    answers: bool
    since: datetime | None
    problem: str | None


class SharedStore:
    """What this worker knows of the shared model store; while it is away, what is here goes on quoting."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._problem: str | None = None
        self._pause_s = EVERY_SECONDS

    @property
    def state(self) -> SharedStoreState | None:
        """The state for ``GET /readyz``; None where each machine has a model store of its own."""
        if not is_shared():
            return None
        return {"answers": self._problem is None, "since": self._since, "problem": self._problem}

    async def follow(self) -> None:
        """Takes over and shares what changes, every second until cancelled."""
        while is_shared():
            await run_in(SHARED_STORE, self.synchronize)
            await asyncio.sleep(self._pause_s)

    def synchronize(self) -> None:
        """Takes over what other machines changed; logs when the store goes away and when it is back."""
        self._pause_s = EVERY_SECONDS
        try:
            store.synchronize()
        except StoreAway as error:
            self._note(str(error))
        except OSError as error:  # mostly a full disk, for which nothing is to be downloaded each second
            self._note(f"What others share cannot be stored here: {error.strerror or error}.")
            self._pause_s = _PAUSE_S_ON_A_FULL_DISK
        # A version that cannot be read must not end the following.
        except Exception as error:
            log.exception("Could not follow the shared model store; trying again")
            self._note(f"{type(error).__name__}: {error}")
        else:
            self._note(None)

    def _note(self, problem: str | None) -> None:
        if self._since is None or (problem is None) != (self._problem is None):
            self._since = datetime.now(UTC)
            if problem:
                log.error("%s What is here goes on quoting.", problem)
            elif self._problem:
                log.info("The shared model store answers again")
        self._problem = problem
        _away().set(problem is not None)


@cache
def _away() -> Gauge:
    return Gauge(
        "diamonds_model_store_away",
        "1 while the shared model store does not answer.",
        multiprocess_mode="livemax",
    )


shared_store = SharedStore()
"""That of this process."""
