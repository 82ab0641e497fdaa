"""Trains models on one and on two workers of a Dask cluster, each with one core, and prints the speed-up.

    python -m benchmarks.cluster [--models xgboost lightgbm ...] [--trials 8] [--every 3]

Both times `diamonds train` is typed on a machine whose own processes train nothing, with a model store and a
study of its own; what it reads, judges and promotes before and after is part of the time. `--every 3` takes
every third of the stones.
"""

import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

from benchmarks.command_line import parser_for
from benchmarks.tables import print_header, print_row
from benchmarks.timing import timed
from diamonds.database import running
from diamonds.settings import PROJECT
from tests.processes import free_port
from tests.training.clusters import scheduler, wait_for_workers, worker

MODELS = ("xgboost", "lightgbm")
"""Two that take about as long."""


def seconds_on(workers: int, stones: Path, options: Namespace, folder: Path) -> float:
    """How long a training takes on so many workers, from the command to its end."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    environment = {
        "DIAMONDS_DASK_SCHEDULER": address,
        "DIAMONDS_MODEL_STORE_URL": f"file://{folder}/shared",
        "DIAMONDS_DATA": str(stones),
        "BENTOML_HOME": str(folder / "here"),
        "OMP_NUM_THREADS": "1",
    }
    (folder / "here" / "models").mkdir(parents=True)
    chosen = [option for name in options.models for option in ("--model", name)]
    command = [sys.executable, "-m", "diamonds", "train", "--force", "--trials", str(options.trials)]
    with ExitStack() as stack:
        stack.enter_context(scheduler(port, folder / "scheduler.log"))
        for core in sorted(os.sched_getaffinity(0))[:workers]:
            stack.enter_context(worker(address, folder / f"worker-{core}", environment, core=core))
        wait_for_workers(address, workers)
        return timed(
            lambda: subprocess.run(
                [*command, *chosen], env=os.environ | environment, stdout=sys.stderr, check=True
            )
        )


def every(nth: int, folder: Path) -> Path:
    """A file with every so-manieth of the classic stones."""
    lines = (PROJECT / "data" / "diamonds.csv").read_text().splitlines(keepends=True)
    file = folder / "stones.csv"
    file.write_text("".join([lines[0], *lines[1::nth]]))
    return file


def main() -> None:
    """Prints the table."""
    parser = parser_for(__doc__)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--every", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"DIAMONDS_HOME": str(folder / "home")}
        stones = every(options.every, folder)
        print_header("workers", "seconds", "times as fast", text=0)
        with running():
            one = seconds_on(1, stones, options, folder / "1")
            print_row(["1", f"{one:.1f}", "1.00"])
            two = seconds_on(2, stones, options, folder / "2")
            print_row(["2", f"{two:.1f}", f"{one / two:.2f}"])


if __name__ == "__main__":
    main()
