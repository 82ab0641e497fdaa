"""Notices when the files of a local source of data change, and when they have all been written."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from diamonds.dataset.files import files_at

State = dict[str, list[int]]
"""The size and the time of change, in ns, of each file by its path below the source."""

MOST_NAMES = 5
"""How many changed files a sentence names."""


def state_of(source: Path) -> State:
    """The files of a file or folder as they are now; of those that are just being deleted, none."""
    return dict(_states(source))


def _states(source: Path) -> Iterator[tuple[str, list[int]]]:
    for path in files_at(source):
        try:
            found = path.stat()
        except OSError:
            continue
        yield str(path.relative_to(source)), [found.st_size, found.st_mtime_ns]


def changes(before: State, now: State) -> str:
    """Which files are new, changed or gone, in a sentence; empty if none is."""
    names = {
        "new": sorted(now.keys() - before.keys()),
        "changed": sorted(name for name in now.keys() & before.keys() if now[name] != before[name]),
        "gone": sorted(before.keys() - now.keys()),
    }
    return "; ".join(f"{_listed(found)} {what}" for what, found in names.items() if found)


def _listed(names: list[str]) -> str:
    """Some of the names, with a verb; a source that is one file has no name below itself."""
    shown = ["the file" if name == "." else name for name in names[:MOST_NAMES]]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{', '.join(shown)}{more} {'is' if len(names) == 1 else 'are'}"


@dataclass(slots=True)
class Settling:
    """Waits until files have not changed for ``quiet_seconds``: what is still being written is not read."""

    quiet_seconds: float
    _latest: State | None = None
    _since: float = field(default_factory=time.monotonic)

    def has_settled(self, now: State) -> bool:
        """Whether nothing has changed for so long, as of this look."""
        if now != self._latest:
            self._latest, self._since = now, time.monotonic()
        return time.monotonic() - self._since >= self.quiet_seconds
