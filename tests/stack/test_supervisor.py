"""The supervisor with small parts: each is started again by itself, and none outlives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from diamonds.stack.only_run import RunsAlready, only_run, running_pid
from diamonds.stack.part import FIRST_PAUSE_S, LONGEST_PAUSE_S, ending, next_pause
from diamonds.stack.processes import mark_of, marked
from tests.processes import wait_until

SUPERVISOR = """
import signal
import sys
from pathlib import Path
from diamonds.cli.signals import leaving_on_sigterm
from diamonds.stack.environment import environment
from diamonds.stack.only_run import only_run
from diamonds.stack.part import Part
from diamonds.stack.supervisor import guarded, supervise

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as under a terminal, also where nohup started the tests
home = Path(sys.argv[1])
def part(name, **options):
    return Part(name, ("/bin/sh", "-c", WORK, name), environment(name), **options)
WORK = '''
trap 'echo stopped $0; exit' TERM
env -u PATH /bin/sh -c "trap : TERM; while :; do sleep 0.1; done" &
echo started $0
while :; do sleep 0.1; done
'''
with leaving_on_sigterm(), only_run(home), guarded(home, ["/usr/bin/touch", str(home / "afterwards")]):
    supervise([part("front"), part("back", ends_last=True)], home)
"""


class Supervised:
    """A supervisor with two parts, each with a child that ignores SIGTERM."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._log = home / "output"
        with self._log.open("wb") as output:
            command = [sys.executable, "-c", SUPERVISOR, str(home)]
            self.process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        wait_until(lambda: len(self.of("front")) >= 3 and len(self.of("back")) >= 3, details=self.output)

    def output(self) -> str:
        return self._log.read_text()

    def of(self, part: str) -> list[psutil.Process]:
        return marked(mark_of(self.home, part))

    def main(self, part: str) -> psutil.Process:
        """The process that was started for the part, which leads a session."""
        return next(process for process in self.of(part) if os.getsid(process.pid) == process.pid)

    def is_gone(self) -> bool:
        return not marked(mark_of(self.home))


@pytest.fixture(scope="module")
def supervised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    """One that keeps running."""
    with _supervised(tmp_path_factory.mktemp("supervised")) as running:
        yield running


@pytest.fixture
def ending_soon(tmp_path: Path) -> Iterator[Supervised]:
    """One that the test ends."""
    with _supervised(tmp_path) as running:
        yield running


@contextmanager
def _supervised(home: Path) -> Iterator[Supervised]:
    running = Supervised(home)
    yield running
    running.process.kill()
    running.process.wait()
    wait_until(running.is_gone)


def test_a_killed_part_is_started_again_without_what_it_left_and_the_others_stay(
    supervised: Supervised,
) -> None:
    before, other = supervised.of("front"), supervised.main("back")
    supervised.main("front").kill()

    wait_until(lambda: supervised.output().count("started front") == 2, details=supervised.output)

    assert "front was ended by SIGKILL; it starts again in 1 s" in supervised.output()
    assert [each.pid for each in before if each.is_running() and each.status() != "zombie"] == []
    assert supervised.main("back") == other


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_parts_in_order(ending_soon: Supervised, number: signal.Signals) -> None:
    ending_soon.process.send_signal(number)

    assert ending_soon.process.wait(60) == 0
    assert ending_soon.is_gone()
    stopped = [line.split("|")[1].strip() for line in ending_soon.output().splitlines() if "stopped" in line]
    assert stopped == ["stopped front", "stopped back"]


def test_all_parts_end_with_a_killed_supervisor(ending_soon: Supervised) -> None:
    ending_soon.process.kill()

    wait_until(ending_soon.is_gone)
    wait_until(lambda: (ending_soon.home / "afterwards").exists())


def test_a_killed_guardian_is_replaced(supervised: Supervised) -> None:
    guardian = supervised.main("guardian")
    guardian.kill()

    wait_until(lambda: [each for each in supervised.of("guardian") if each != guardian])


def test_a_second_run_in_the_same_home_is_refused_with_the_process_of_the_first(
    supervised: Supervised,
) -> None:
    pid = supervised.process.pid

    with pytest.raises(RunsAlready, match=f"as process {pid}; stop that with: kill {pid}"):
        only_run(supervised.home).__enter__()
    assert running_pid(supervised.home) == pid


def test_what_a_killed_run_and_its_guardian_left_is_named_and_ended_by_the_next(
    ending_soon: Supervised, capsys: pytest.CaptureFixture[str]
) -> None:
    ending_soon.main("guardian").send_signal(signal.SIGSTOP)
    ending_soon.process.kill()
    ending_soon.process.wait()

    with only_run(ending_soon.home):
        assert ending_soon.is_gone()
    assert "Ends what an earlier run has left: process" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("previous_s", "ran_s", "pause_s"),
    [
        (0, 0, FIRST_PAUSE_S),
        (1, 0.1, 2),
        (8, 5, 16),
        (LONGEST_PAUSE_S, 5, LONGEST_PAUSE_S),
        (32, 3600, FIRST_PAUSE_S),
    ],
)
def test_the_pause_grows_until_a_part_has_run_long(previous_s: float, ran_s: float, pause_s: float) -> None:
    assert next_pause(previous_s, ran_s) == pause_s


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [(0, "ended with exit code 0"), (-9, "was ended by SIGKILL"), (-64, "was ended by SIGRTMAX")],
)
def test_an_end_is_put_in_words(exit_code: int, words: str) -> None:
    assert ending(exit_code) == words
