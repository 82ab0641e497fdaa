from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from diamonds.exchanges import Filter, Journal, page
from diamonds.exchanges.frames import Joined
from diamonds.exchanges.journal.memory_buffer import MAX_BYTES, MemoryBuffer
from diamonds.exchanges.journal.reader import JournalReader
from diamonds.exchanges.shipping.sink import Sink
from tests.exchanges.conversations import make_journal, make_request, make_response
from tests.processes import wait_until

pytestmark = pytest.mark.usefixtures("empty_database")


def away(_batch: Sequence[Joined]) -> None:
    """A database that takes nothing."""
    raise ConnectionError("away")


def filled(
    full: Journal,
    write_to_database: Callable[[Sequence[Joined]], None],
    count: int,
    max_bytes: int = MAX_BYTES,
) -> MemoryBuffer:
    """A buffer to which so many exchanges were added."""
    buffer = MemoryBuffer(full, write_to_database, max_bytes=max_bytes)
    for number in range(count):
        request = make_request(number)
        buffer.add(request, make_response(request))
    return buffer


def test_what_the_journal_may_not_hold_goes_to_the_database(tmp_path: Path) -> None:
    full = make_journal(tmp_path, max_bytes=1)
    filled(full, Sink(tmp_path).write, 1200).stop(20)
    assert len(page(Filter(), limit=1000).exchanges) == 1000
    assert full.problem is not None
    assert "DIAMONDS_JOURNAL_MAX_BYTES" in full.problem


def test_what_waits_in_memory_goes_to_the_disk_when_that_is_back_first(tmp_path: Path) -> None:
    (tmp_path / "disk").write_text("in the way of the folder")
    broken = make_journal(tmp_path / "disk")
    buffer = filled(broken, away, 20)
    wait_until(lambda: broken.problem is not None)
    (tmp_path / "disk").unlink()
    buffer.stop(10)
    exchanges = JournalReader(broken.folder).read(rows=100, size=1 << 20, complete=False)
    assert (len(exchanges), buffer.lost, broken.problem) == (20, 0, None)


def test_more_than_memory_may_hold_is_counted_as_lost(tmp_path: Path) -> None:
    buffer = filled(make_journal(tmp_path, max_bytes=1), away, 10, max_bytes=4 * 1100)
    assert buffer.lost == 6
    buffer.stop(0)
