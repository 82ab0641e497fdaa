"""Watches the files of ``DIAMONDS_DATA``, and has Prefect start a training when they have changed.

``python -m flows.new_data SOURCE NOTE`` runs beside a worker, and ends with the process that started it. It
looks at the files of SOURCE, and notes in the file NOTE what it saw.
"""

import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from diamonds.dataset.errors import DataError
from diamonds.dataset.file_changes import Settling, State, changes, state_of

LOOK_SECONDS = 2.0
QUIET_SECONDS = 10.0
"""How long files must not have changed; with what Prefect takes, a run starts within a minute."""
_LOOKS_SHARE = 0.05
"""Maximum share of the time that looking takes, where there are many files."""

log = logging.getLogger(__name__)


class NotEmitted(RuntimeError):
    """Prefect's server refused the event."""


def main() -> None:
    """Looks at the files until the process that started this one ends."""
    logging.basicConfig(format="%(message)s")
    log.setLevel(logging.INFO)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    source, note = map(Path, sys.argv[1:])
    parent, watch = os.getppid(), Watch(source, note)
    while os.getppid() == parent:
        started = time.monotonic()
        watch.look()
        time.sleep(max(LOOK_SECONDS, (time.monotonic() - started) / _LOOKS_SHARE))


def local_source(data: str) -> Path | None:
    """The file or folder that ``data`` names; None where it is a URL, which nobody can watch."""
    bare = data.rpartition("#")[0]
    if "://" in data:
        return None
    return Path(bare if bare and not Path(data).exists() else data)


class Watch:
    """Compares the files of a source with those of the latest look that emitted an event, noted in a file."""

    def __init__(self, source: Path, note: Path, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._source, self._note = source, note
        self._settling = Settling(quiet_seconds)
        self._problem = ""

    def look(self) -> None:
        """Emits the event if the files have changed and are whole; tries again next time if nobody takes it.

        Of several processes with one home, one looks at a time. Files that are there at the first look of
        all are no change: the first training reads them.
        """
        problem = ""
        try:
            with FileLock(self._note.with_suffix(".lock"), timeout=0):
                self._emit_if_changed(state_of(self._source))
        except Timeout:
            pass
        except (DataError, OSError, NotEmitted) as error:  # what is away may come back
            problem = str(error)
        if problem != self._problem:
            log.warning("%s", problem or f"{self._source} can be watched again.")
        self._problem = problem

    def _emit_if_changed(self, now: State) -> None:
        settled, before = self._settling.has_settled(now), self._noted()
        what = "" if before is None else changes(before, now)
        if before is None or (settled and what):
            new = self._written(now)  # first, for on a full disk the event would be repeated for ever
            if what:
                _emit(str(self._source), what)
                log.info("New data in %s: %s. A training follows.", self._source, what)
            new.replace(self._note)

    def _noted(self) -> State | None:
        try:
            source, files = json.loads(self._note.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return dict(files) if source == str(self._source.resolve()) else {}

    def _written(self, files: State) -> Path:
        new = self._note.with_suffix(".new")
        new.write_text(json.dumps([str(self._source.resolve()), files]), "utf-8")
        return new


def _emit(place: str, reason: str) -> None:
    # Not as this module is imported: it takes 25 MB, and most of the time nothing changes.
    from diamonds.prefect_api.events import emit_data_changed
    from diamonds.prefect_api.requests import PrefectRefused

    try:
        emit_data_changed(place, reason)
    except PrefectRefused as error:
        raise NotEmitted(str(error)) from error


if __name__ == "__main__":
    main()
