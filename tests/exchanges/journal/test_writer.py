import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diamonds.exchanges.frames import Joined
from diamonds.exchanges.journal import writer
from diamonds.exchanges.journal.reader import Unshipped
from diamonds.exchanges.journal.writer import Journal, JournalFull, orphans, segment_path, segments
from tests.exchanges.conversations import PATH, answer, asked, journal, keep


def taken(unshipped: Unshipped, *, complete: bool = False) -> list[Joined]:
    """All that a journal gives, which is still being written unless it is complete."""
    return unshipped.take(rows=1_000_000, size=1 << 40, complete=complete)


def left_in(folder: Path) -> list[str]:
    """The ids that are read back from a journal whose owner is gone, answered ones first."""
    left = Unshipped(folder)
    return [asked.id for asked, _ in [*taken(left, complete=True), *left.take_unanswered()]]


def test_answers_are_joined_with_their_requests_in_whatever_order_they_finish(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    first, second = asked(1), asked(2)
    for frame in (first, second, answer(second), answer(first)):
        kept.append(frame.frame())
    assert taken(Unshipped(kept.folder)) == [(second, answer(second)), (first, answer(first))]


def test_a_shipped_segment_is_removed_once_all_its_requests_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SEGMENT_BYTES", 100)  # a frame or two
    kept = journal(tmp_path)
    slow = asked(99)
    kept.append(slow.frame())
    unshipped = Unshipped(kept.folder)
    keep(kept, 3)
    taken(unshipped)
    unshipped.forget()
    assert segment_path(kept.folder, 0).exists()
    kept.append(answer(slow).frame())
    taken(unshipped)
    unshipped.forget()
    assert segments(kept.folder) == segments(kept.folder)[-1:]


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


def test_what_has_been_shipped_makes_room_in_a_full_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SEGMENT_BYTES", 1000)
    kept = journal(tmp_path, max_bytes=5000)
    with pytest.raises(JournalFull, match="DIAMONDS_JOURNAL_MAX_BYTES"):
        keep(kept, 100)
    assert sum(path.stat().st_size for path in kept.folder.iterdir()) <= 5000
    unshipped = Unshipped(kept.folder)
    taken(unshipped)
    unshipped.forget()
    time.sleep(0.6)
    keep(kept, 2)
    assert kept.problem is None


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
def test_a_frame_that_is_still_being_written_is_waited_for(tmp_path: Path, share: float) -> None:
    kept = journal(tmp_path)
    keep(kept, 2)
    late = asked(3)
    kept.append(late.frame())
    path, frame, unshipped = segment_path(kept.folder, 0), answer(late).frame(), Unshipped(kept.folder)
    before = path.read_bytes()
    for _ in range(3):
        path.write_bytes(before + frame[: int(share * len(frame))])
        taken(unshipped)
    path.write_bytes(before)  # the disk was full, and it was taken back
    assert taken(unshipped) == []
    path.write_bytes(before + frame)
    assert taken(unshipped) == [(late, answer(late))]
    assert unshipped.damaged == 0


def test_damage_in_a_journal_that_is_being_written_is_skipped_at_the_next_whole_frame(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    first, damaged, last = keep(kept, 3)
    path = segment_path(kept.folder, 0)
    place = path.read_bytes().index(damaged.id.encode())
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"?")
    unshipped = Unshipped(kept.folder)
    found = [*taken(unshipped), *taken(unshipped)]
    assert [asked.id for asked, _ in found] == [first.id, damaged.id, last.id]
    assert [asked.path for asked, _ in found] == [PATH, "", PATH]


FILL = """
import resource, sys
from pathlib import Path
from tests.exchanges.conversations import journal, keep
kept = journal(Path(sys.argv[1]))
keep(kept, 3)
(segment,) = kept.folder.glob("*.frames")
resource.setrlimit(resource.RLIMIT_FSIZE, (segment.stat().st_size + 100, resource.RLIM_INFINITY))
try:
    keep(kept, 50)
except OSError as problem:
    print(problem, flush=True)
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
    left = Unshipped(folder)
    assert len(taken(left, complete=True)) == 4
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
