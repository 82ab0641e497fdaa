import os
import random
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from diamonds.exchanges.frames import Joined
from diamonds.exchanges.journal.locks import orphans
from diamonds.exchanges.journal.reader import JournalReader
from diamonds.exchanges.journal.writer import JournalFull, segment_path, segments
from tests.exchanges.conversations import PATH, append_exchanges, make_journal, make_request, make_response


def read_all(reader: JournalReader, *, complete: bool = False) -> list[Joined]:
    """All answered exchanges of a journal, which is still being written unless it is complete."""
    return reader.read(rows=1_000_000, size=1 << 40, complete=complete)


def left_in(folder: Path) -> list[str]:
    """The ids in a journal whose owner is dead, answered ones first."""
    reader = JournalReader(folder)
    return [request.id for request, _ in [*read_all(reader, complete=True), *reader.read_unanswered()]]


def test_answers_are_joined_with_their_requests_in_whatever_order_they_finish(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    first, second = make_request(1), make_request(2)
    for frame in (first, second, make_response(second), make_response(first)):
        journal.append(frame.frame())
    assert read_all(JournalReader(journal.folder)) == [
        (second, make_response(second)),
        (first, make_response(first)),
    ]


def test_a_journal_is_for_its_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        journal = make_journal(tmp_path / "journal")
        append_exchanges(journal, 1)
    finally:
        os.umask(before)

    assert [stat.S_IMODE(each.stat().st_mode) for each in (journal.folder, journal.folder.parent)] == [
        0o700
    ] * 2


def test_a_shipped_segment_is_removed_once_all_its_requests_are_answered(tmp_path: Path) -> None:
    journal = make_journal(tmp_path, segment_bytes=100)  # a frame or two
    slow = make_request(99)
    journal.append(slow.frame())
    reader = JournalReader(journal.folder)
    append_exchanges(journal, 3)
    read_all(reader)
    reader.remove_shipped()
    assert segment_path(journal.folder, 0).exists()
    journal.append(make_response(slow).frame())
    read_all(reader)
    reader.remove_shipped()
    assert segments(journal.folder) == segments(journal.folder)[-1:]


def test_a_request_that_never_gets_a_response_keeps_its_own_segment_alone(tmp_path: Path) -> None:
    journal = make_journal(tmp_path, segment_bytes=100)  # a frame or two
    append_exchanges(journal, 3)
    journal.append(make_request(98).frame())
    append_exchanges(journal, 3)
    reader = JournalReader(journal.folder)
    assert len(read_all(reader)) == 6
    reader.remove_shipped()
    (kept, _newest) = segments(journal.folder)
    assert kept > 0
    again = JournalReader(journal.folder)
    assert [request.number for request, _ in [*read_all(again), *again.read_unanswered()]].count(98) == 1


@pytest.mark.parametrize("seed", range(5))
def test_of_a_damaged_journal_every_whole_exchange_is_recovered(tmp_path: Path, seed: int) -> None:
    journal = make_journal(tmp_path)
    requests = append_exchanges(journal, 200)
    journal.close()
    path, random_ = segment_path(journal.folder, 0), random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(3):
        content[random_.randrange(len(content))] ^= 0xFF
    path.write_bytes(content)
    recovered = left_in(journal.folder)
    assert len(set(recovered)) >= 197
    assert set(recovered) <= {request.id for request in requests}


def test_a_journal_cut_off_anywhere_gives_back_all_before_the_cut(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    requests = append_exchanges(journal, 20)
    journal.close()
    path = segment_path(journal.folder, 0)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        recovered = left_in(journal.folder)
        assert recovered == [request.id for request in requests[: len(recovered)]]
        assert len(recovered) >= length * 20 // len(whole)


def test_what_has_been_shipped_makes_room_in_a_full_journal(tmp_path: Path) -> None:
    now = 0.0
    journal = make_journal(tmp_path, max_bytes=5000, segment_bytes=1000, clock=lambda: now)
    with pytest.raises(JournalFull, match="DIAMONDS_JOURNAL_MAX_BYTES"):
        append_exchanges(journal, 100)
    assert sum(path.stat().st_size for path in journal.folder.iterdir()) <= 5000
    reader = JournalReader(journal.folder)
    read_all(reader)
    reader.remove_shipped()
    now += 1  # the journal is not tried at once after a failure
    append_exchanges(journal, 2)
    assert journal.problem is None


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
def test_a_frame_that_is_still_being_written_is_waited_for(tmp_path: Path, share: float) -> None:
    journal = make_journal(tmp_path)
    append_exchanges(journal, 2)
    late = make_request(3)
    journal.append(late.frame())
    path, frame, reader = (
        segment_path(journal.folder, 0),
        make_response(late).frame(),
        JournalReader(journal.folder),
    )
    before = path.read_bytes()
    for _ in range(3):
        path.write_bytes(before + frame[: int(share * len(frame))])
        read_all(reader)
    path.write_bytes(before)  # the disk was full, and it was taken back
    assert read_all(reader) == []
    path.write_bytes(before + frame)
    assert read_all(reader) == [(late, make_response(late))]
    assert reader.damaged == 0


def test_damage_in_a_journal_that_is_being_written_is_skipped_at_the_next_whole_frame(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    first, damaged, last = append_exchanges(journal, 3)
    path = segment_path(journal.folder, 0)
    place = path.read_bytes().index(damaged.id.encode())
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"?")
    reader = JournalReader(journal.folder)
    requests = [request for request, _ in [*read_all(reader), *read_all(reader)]]
    assert [request.id for request in requests] == [first.id, damaged.id, last.id]
    assert [request.path for request in requests] == [PATH, "", PATH]


FILL = """
import resource, sys
from pathlib import Path
from tests.exchanges.conversations import make_journal, append_exchanges
now = 0
journal = make_journal(Path(sys.argv[1]), clock=lambda: now)
append_exchanges(journal, 3)
(segment,) = journal.folder.glob("*.frames")
resource.setrlimit(resource.RLIMIT_FSIZE, (segment.stat().st_size + 100, resource.RLIM_INFINITY))
try:
    append_exchanges(journal, 50)
except OSError as problem:
    print(problem, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
now += 1
append_exchanges(journal, 1)
print(journal.problem, flush=True)
"""


def test_a_write_that_the_disk_took_in_part_leaves_no_damage(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], check=True, capture_output=True, text=True
    ).stdout
    assert output.splitlines() == ["the disk is full", "None"]
    ((folder, lock),) = orphans(tmp_path)
    reader = JournalReader(folder)
    assert len(read_all(reader, complete=True)) == 4
    assert reader.damaged == 0
    os.close(lock)


FILL_IN_ONE_WRITE = """
import resource, sys
from pathlib import Path
from tests.exchanges.conversations import make_response, make_request, make_journal
journal = make_journal(Path(sys.argv[1]))
requests = [make_request(number) for number in range(3)]
frames = [frame for each in requests for frame in (each.frame(), make_response(each).frame())]
journal.lock()
resource.setrlimit(resource.RLIMIT_FSIZE, (len(b"".join(frames[:5])) - 1, resource.RLIM_INFINITY))
try:
    journal.append(*frames)
except OSError as problem:
    print(problem.written, flush=True)
"""


def test_of_a_write_that_the_disk_took_in_part_the_whole_frames_stay(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILL_IN_ONE_WRITE, str(tmp_path)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() == ["4"]
    ((folder, lock),) = orphans(tmp_path)
    reader = JournalReader(folder)
    assert len(read_all(reader, complete=True)) == 2
    assert reader.damaged == 0
    os.close(lock)


DIE = """
import os, signal, sys
from pathlib import Path
from tests.exchanges.conversations import make_request, make_journal, append_exchanges
journal = make_journal(Path(sys.argv[1]))
append_exchanges(journal, 5)
journal.append(make_request(99).frame())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_journal_of_a_killed_worker_is_an_orphan_with_all_that_it_recorded(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIE, str(tmp_path)])
    assert died.returncode == -signal.SIGKILL
    ((folder, lock),) = orphans(tmp_path)
    assert len(left_in(folder)) == 6
    os.close(lock)


def test_the_journal_of_a_living_worker_is_nobody_elses(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    append_exchanges(journal, 1)
    assert orphans(tmp_path) == []
    journal.close()
    assert [folder for folder, _ in orphans(tmp_path)] == [journal.folder]


def test_what_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a-b-c-d-e").write_text("a file")
    (tmp_path / "b-b-c-d-e").mkdir()
    assert orphans(tmp_path) == []


def test_memory_does_not_grow_while_nothing_is_shipped(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    append_exchanges(journal, 1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(30):
        append_exchanges(journal, 1000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096  # KiB; 12 MiB were written
