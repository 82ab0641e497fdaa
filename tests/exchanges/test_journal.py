import os
import random
import resource
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from diamonds.exchanges import journal as journal_module
from diamonds.exchanges.journal import Journal, orphans, segment_path
from diamonds.exchanges.unshipped import Unshipped, end_of_orphan
from tests.exchanges.conversations import answer, asked, journal, keep

ALL = {"rows": 1_000_000, "size": 1 << 40}


def left_in(folder: Path) -> list[str]:
    """The ids that are read back from a journal whose owner is gone, answered ones first."""
    with closing(Unshipped(folder)) as left:
        return [one[0].id for one in [*left.take(end_of_orphan(folder), **ALL), *left.take_unanswered()]]


def test_answers_are_joined_with_their_requests_in_whatever_order_they_finish(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    first, second = asked(1), asked(2)
    for frame in (first, second, answer(second), answer(first)):
        kept.append(frame.frame())
    with closing(Unshipped(kept.folder)) as unshipped:
        taken = unshipped.take(kept.end(), **ALL)
    assert taken == [(second, answer(second)), (first, answer(first))]


def test_a_shipped_segment_is_removed_once_all_its_requests_are_answered(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    slow = asked(99)
    kept.append(slow.frame())
    unshipped = Unshipped(kept.folder)
    kept.roll()
    keep(kept, 3)
    unshipped.take(kept.end(), **ALL)
    unshipped.forget()
    assert segment_path(kept.folder, 0).exists()
    kept.append(answer(slow).frame())
    unshipped.take(kept.end(), **ALL)
    unshipped.forget()
    assert not segment_path(kept.folder, 0).exists()
    unshipped.close()


@pytest.mark.parametrize("seed", range(5))
def test_of_a_damaged_journal_every_whole_exchange_is_recovered(tmp_path: Path, seed: int) -> None:
    kept = journal(tmp_path)
    requests = keep(kept, 200)
    kept.close()
    path, random_ = segment_path(kept.folder, 0), random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(3):
        content[random_.randrange(len(content))] ^= 0xFF
    path.write_bytes(content)
    recovered = left_in(kept.folder)
    assert len(set(recovered)) >= 197
    assert set(recovered) <= {request.id for request in requests}


def test_a_journal_cut_off_anywhere_gives_back_all_before_the_cut(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    requests = keep(kept, 20)
    kept.close()
    path = segment_path(kept.folder, 0)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        recovered = left_in(kept.folder)
        assert recovered == [request.id for request in requests[: len(recovered)]]
        assert len(recovered) >= length * 20 // len(whole)


def test_what_the_journal_may_not_hold_waits_in_memory_and_goes_to_disk_when_it_may(tmp_path: Path) -> None:
    kept = journal(tmp_path, max_bytes=1000)
    keep(kept, 10)
    assert kept.problem is not None
    assert "DIAMONDS_JOURNAL_MAX_BYTES" in kept.problem
    unshipped = Unshipped(kept.folder)
    taken = unshipped.take(kept.end(), **ALL) + unshipped.take_from(kept.take_spilled())
    unshipped.close()
    assert len(taken) == 10
    assert kept.problem is None


def test_more_than_memory_may_hold_is_counted_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SPILL_BYTES", 1000)
    kept = journal(tmp_path, max_bytes=1)
    keep(kept, 10)
    held = Unshipped(kept.folder).take_from(kept.take_spilled())
    assert kept.lost > 0
    assert 2 * len(held) + kept.lost in (20, 19)


FILL = """
import resource, sys
from pathlib import Path
from tests.exchanges.conversations import journal, keep
kept = journal(Path(sys.argv[1]))
keep(kept, 3)
resource.setrlimit(resource.RLIMIT_FSIZE, (kept.end().offset + 100, resource.RLIM_INFINITY))
keep(kept, 50)
print(kept.problem, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
import time; time.sleep(0.6)
keep(kept, 1)
print(kept.problem, flush=True)
"""


def test_a_write_that_the_disk_took_in_part_leaves_no_damage(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], check=True, capture_output=True, text=True
    ).stdout
    assert output.splitlines() == ["the disk is full", "None"]
    ((folder, held),) = orphans(tmp_path)
    with closing(Unshipped(folder)) as left:
        assert len(left.take(end_of_orphan(folder), **ALL)) == 54
        assert left.damaged == 0
    os.close(held)


DIE = """
import os, signal, sys
from pathlib import Path
from tests.exchanges.conversations import asked, journal, keep
kept = journal(Path(sys.argv[1]))
keep(kept, 5)
kept.append(asked(99).frame())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_journal_of_a_killed_worker_is_an_orphan_with_all_it_had_kept(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIE, str(tmp_path)])
    assert died.returncode == -signal.SIGKILL
    ((folder, held),) = orphans(tmp_path)
    assert len(left_in(folder)) == 6
    os.close(held)


def test_the_journal_of_a_living_worker_is_nobody_elses(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    keep(kept, 1)
    assert orphans(tmp_path) == []
    kept.close()
    assert [folder for folder, _ in orphans(tmp_path)] == [kept.folder]


def test_what_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a-b-c-d-e").write_text("a file")
    (tmp_path / "b-b-c-d-e").mkdir()
    assert orphans(tmp_path) == []


def test_memory_does_not_grow_while_nothing_is_shipped(tmp_path: Path) -> None:
    kept: Journal = journal(tmp_path)
    keep(kept, 1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(30):
        keep(kept, 1000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096  # KiB; 12 MiB were kept
