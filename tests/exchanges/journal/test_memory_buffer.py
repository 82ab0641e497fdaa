import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from diamonds.exchanges import Filter, Journal, page
from diamonds.exchanges.frames import Joined
from diamonds.exchanges.journal import memory_buffer
from diamonds.exchanges.journal.memory_buffer import Overflow
from diamonds.exchanges.journal.reader import Unshipped
from diamonds.exchanges.shipping.sink import Sink
from tests.exchanges.conversations import answer, asked, journal

pytestmark = pytest.mark.usefixtures("empty_database")


def away(_batch: Sequence[Joined]) -> None:
    """A database that takes nothing."""
    raise ConnectionError("away")


def filled(kept: Journal, put: Callable[[Sequence[Joined]], None], count: int) -> Overflow:
    """Holds so many exchanges that the journal did not take."""
    held = Overflow(kept, put)
    for number in range(count):
        request = asked(number)
        held.add(request, answer(request))
    return held


def test_what_the_journal_may_not_hold_goes_to_the_database(tmp_path: Path) -> None:
    full = journal(tmp_path, max_bytes=1)
    filled(full, Sink(tmp_path).write, 1200).end(20)
    assert len(page(Filter(), limit=1000).exchanges) == 1000
    assert full.problem is not None
    assert "DIAMONDS_JOURNAL_MAX_BYTES" in full.problem


def test_what_waits_in_memory_goes_to_the_disk_when_that_is_back_first(tmp_path: Path) -> None:
    kept = journal(tmp_path, max_bytes=1)
    held = filled(kept, away, 20)
    time.sleep(0.1)
    kept._max_bytes = 1 << 20
    held.end(10)
    found = Unshipped(kept.folder).take(rows=100, size=1 << 20, complete=False)
    assert (len(found), held.lost, kept.problem) == (20, 0, None)


def test_more_than_memory_may_hold_is_counted_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_buffer, "MOST_BYTES", 4 * 1100)
    held = filled(journal(tmp_path, max_bytes=1), away, 10)
    assert held.lost == 6
    held.end(0)
