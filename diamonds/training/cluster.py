"""The Dask cluster that trains models: connects to it, and waits for its workers while they may come back."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from diamonds.settings import settings

if TYPE_CHECKING:
    from distributed import Client, Future

SECONDS_TO_ANSWER = 120.0
"""How long the scheduler or all workers may be away: long enough for either to be restarted."""
_LOOK_SECONDS = 0.5
_TRIES = 2
"""How often a model is submitted: again where the scheduler, which alone knows of it, has ended."""
_MUST_BE_EQUAL = ("python", "distributed", "diamonds")

log = logging.getLogger(__name__)

Submitted = TypeVar("Submitted")


class ClusterAway(RuntimeError):
    """The Dask scheduler does not answer, or has no worker, or its workers ended."""

    @classmethod
    def of_extra(cls) -> Self:
        """The error where Dask is not installed."""
        return cls(
            "DIAMONDS_DASK_SCHEDULER needs an extra that is not installed: pip install 'diamonds[dask]'."
        )


class OtherVersions(RuntimeError):
    """A part of the cluster has another Python, Dask or project than this machine."""


@contextmanager
def workers_ready(seconds: float = SECONDS_TO_ANSWER) -> Iterator[None]:
    """Begins once the cluster has a worker; raises as ``connected`` does."""
    with connected(seconds):
        pass
    yield


@contextmanager
def connected(seconds: float = SECONDS_TO_ANSWER) -> Iterator["Client"]:
    """A client of the cluster of the settings, once it has a worker.

    Raises ``ClusterAway`` where it has none for so long, or Dask is not installed, and ``OtherVersions``.
    """
    client = _client(str(settings().dask_scheduler), seconds)
    try:
        _wait_for_a_worker(client, seconds)
        _check_versions(client)
        yield client
    finally:
        client.close(timeout=_LOOK_SECONDS)


def _client(address: str, seconds: float) -> "Client":
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterAway.of_extra() from error
    try:
        return Client(address, timeout=seconds, set_as_default=False)
    except OSError as error:  # a TimeoutError is one
        raise _away(seconds) from error


def _wait_for_a_worker(client: "Client", seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except OSError as error:
        raise _away(seconds) from error


def _away(seconds: float) -> ClusterAway:
    address = settings().dask_scheduler
    return ClusterAway(
        f"Got DIAMONDS_DASK_SCHEDULER={address}, which did not answer, or had no worker, for "
        f"{seconds:.0f} s; start it (`dask scheduler`) and its workers (`dask worker {address}`), or "
        "unset it to train on one machine."
    )


def _check_versions(client: "Client") -> None:
    """Raises ``OtherVersions``: what is pickled here could not be read there, or only by luck."""
    found = client.get_versions(packages=["diamonds"])
    here = _versions_in(found["client"])
    for place, other in {"scheduler": found["scheduler"], **found["workers"]}.items():
        if _versions_in(other) != here:
            raise OtherVersions(
                f"Got {_text_of(_versions_in(other))} at {place} of {settings().dask_scheduler}; expected "
                f"{_text_of(here)} on each machine of the cluster, as here."
            )


def _versions_in(found: Any) -> dict[str, str | None]:
    versions = {name: found["packages"].get(name) for name in _MUST_BE_EQUAL}
    return versions | {"python": ".".join(str(versions["python"]).split(".")[:2])}


def _text_of(versions: dict[str, str | None]) -> str:
    return ", ".join(f"{name} {version}" if version else f"no {name}" for name, version in versions.items())


def trained_by_workers(
    names: Sequence[str],
    submit: Callable[["Client", str], Submitted],
    future_of: Callable[[Submitted], "Future[Any]"],
) -> Iterator[tuple[str, Submitted | Exception]]:
    """Each model with what ``submit`` returned for its name once that is done, or why it failed.

    ``future_of`` is the future of Dask in what was submitted. They come in the order in which they end. What
    is lost because the scheduler ends is submitted once more.
    """
    try:
        with connected() as client:
            yield from Work(client, partial(submit, client), future_of).results(names)
    except (ClusterAway, OtherVersions) as error:  # raised before any has ended
        yield from ((name, error) for name in names)


@dataclass(slots=True)
class Work(Generic[Submitted]):
    """Models that the workers of a cluster train; see ``trained_by_workers``."""

    client: "Client"
    submit: Callable[[str], Submitted]
    future_of: Callable[[Submitted], "Future[Any]"]
    seconds: float = SECONDS_TO_ANSWER
    _tries: dict[str, int] = field(default_factory=dict)
    _submitted: dict[str, Submitted] = field(default_factory=dict)
    _answered: float = field(default_factory=time.monotonic)

    def results(self, names: Sequence[str]) -> Iterator[tuple[str, Submitted | Exception]]:
        """The results by name; what is left has failed where no worker has answered for ``seconds``."""
        self._tries = dict.fromkeys(names, 0)
        while self._tries:
            if self._has_workers():
                self._answered = time.monotonic()
                self._submit_the_rest()
            elif time.monotonic() - self._answered > self.seconds:
                yield from ((name, _away(self.seconds)) for name in self._tries)
                return
            time.sleep(_LOOK_SECONDS)
            for name in list(self._submitted):
                yield from self._ended(name)

    def _has_workers(self) -> bool:
        try:
            return bool(self.client.nthreads())
        except OSError:
            return False

    def _submit_the_rest(self) -> None:
        for name in self._tries.keys() - self._submitted.keys():
            self._tries[name] += 1
            self._submitted[name] = self.submit(name)

    def _ended(self, name: str) -> Iterator[tuple[str, Submitted | Exception]]:
        """The result of a model that has ended, if it has."""
        submitted = self._submitted[name]
        future = self.future_of(submitted)
        if future.status in ("finished", "error"):
            del self._tries[name], self._submitted[name]
            yield name, submitted if future.status == "finished" else _error_of(future)
        elif future.status != "pending":
            del self._submitted[name]
            if self._tries[name] == _TRIES:
                del self._tries[name]
                yield name, ClusterAway(f"Dask's scheduler ended {_TRIES} times while it was trained.")
            else:
                log.warning("Dask's scheduler ended while %s was trained; it is submitted again", name)


def _error_of(future: "Future[Any]") -> Exception:
    from distributed import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        return ClusterAway("Each worker that trained it ended; see the logs of the workers.")
    return error if isinstance(error, Exception) else RuntimeError(str(error))
