import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from diamonds.database import engine
from diamonds.exchanges import Filter, page
from tests.processes import wait_until

pytestmark = pytest.mark.usefixtures("empty_database")

# A worker in little: keeps as many exchanges as each line of its input says, and ends with it.
WORKER = """
import sys
from pathlib import Path
from tests.exchanges.conversations import make_request, make_journal, append_exchanges
from diamonds.exchanges.shipping.supervisor import ShipperSupervisor
kept = make_journal(Path(sys.argv[1]))
shipper = ShipperSupervisor(kept)
shipper.start()
for number, line in enumerate(sys.stdin):
    append_exchanges(kept, int(line))
    kept.append(make_request(10**6 + number).frame())
shipper.stop()
kept.close()
"""


class Worker:
    """A process with a shipper of its own."""

    def __init__(self, home: Path) -> None:
        self.metrics = home / "metrics"
        self.metrics.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(home / "journal")],
            stdin=subprocess.PIPE,
            text=True,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self.metrics)},
        )
        self.known = psutil.Process(self.process.pid)

    def append(self, count: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()

    def shipper(self) -> psutil.Process:
        """The shipper, as soon as it is ready to be told apart from what it was forked from."""
        return wait_until(self.shippers)[0]

    def shippers(self) -> list[psutil.Process]:
        found = []
        for process in self.known.children():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):  # it has just ended
                if "diamonds.exchanges.shipping" in process.cmdline():
                    found.append(process)
        return found

    def gauges_of(self, process: psutil.Process) -> list[Path]:
        return list(self.metrics.glob(f"gauge_live*_{process.pid}.db"))

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(60) == 0


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    yield worker
    shippers = worker.shippers() if worker.known.is_running() else []
    worker.process.kill()
    worker.process.communicate()
    psutil.wait_procs(shippers, timeout=60)  # they may still write into the next test's tables


def answered(count: int) -> None:
    """Comes back when so many exchanges with an answer are in the database."""
    wait_until(lambda: statuses().count(200) == count)


def statuses() -> list[int | None]:
    return [one.status for one in page(Filter(), limit=1000).exchanges]


def test_the_shipper_loads_nothing_of_what_quotes() -> None:
    heavy = "{'bentoml', 'sklearn', 'xgboost', 'pandas', 'numpy'}"
    code = f"import sys, diamonds.exchanges.shipping; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_shipping_gives_way_to_serving(worker: Worker) -> None:
    """The shipper does, and so does its process of the database, as the embedded one is on this machine."""
    worker.append(20)
    answered(20)
    with engine().connect() as connection:
        servers = connection.exec_driver_sql(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        ).scalars()
        niceness = {psutil.Process(pid).nice() for pid in servers}
    given_way = max(10, psutil.Process().nice())
    assert worker.shipper().nice() == given_way
    assert given_way in niceness


def test_what_a_worker_keeps_is_shipped_while_it_goes_on(worker: Worker) -> None:
    for sum_ in (20, 40):
        worker.append(20)
        answered(sum_)
    assert statuses().count(None) == 0  # it may still be answered
    worker.end()


def test_a_worker_that_ends_leaves_neither_journal_nor_shipper_nor_gauges(worker: Worker) -> None:
    worker.append(20)
    shipper = worker.shipper()
    worker.end()
    assert not shipper.is_running()
    assert statuses().count(200) == 20
    assert list(worker.metrics.parent.glob("journal/*")) == []
    assert worker.gauges_of(shipper) == []


def test_a_killed_shipper_is_started_again_and_doubles_nothing(worker: Worker) -> None:
    for sum_ in (20, 40, 60):
        worker.append(20)
        answered(sum_)
        shipper = worker.shipper()
        assert worker.gauges_of(shipper) != []
        shipper.kill()
        psutil.wait_procs([shipper], timeout=60)
    assert worker.shipper() != shipper
    assert worker.gauges_of(shipper) == []
    worker.end()
    assert sorted(statuses(), key=str) == [*[200] * 60, *[None] * 3]


def test_a_killed_workers_shipper_ships_what_is_left_and_ends(worker: Worker) -> None:
    shipper = worker.shipper()
    worker.append(20)
    answered(20)
    worker.process.kill()
    psutil.wait_procs([shipper], timeout=60)
    assert sorted(statuses(), key=str) == [*[200] * 20, None]
    assert not shipper.is_running()
    assert worker.gauges_of(shipper) == []


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_for_the_whole_group_does_not_stop_the_shipper_before_its_worker(
    worker: Worker, stop: signal.Signals
) -> None:
    worker.append(1)
    answered(1)
    shipper = worker.shipper()
    shipper.send_signal(stop)
    worker.append(1)
    answered(2)
    assert worker.shipper() == shipper
    worker.end()
