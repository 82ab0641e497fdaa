"""Measures what a service takes besides time for its answers: its start, memory, and size on disk.

    python -m benchmarks.footprint [--rounds 3] [--peers fastapi mlflow] [--stack]

Time is that from the start of the process until it answers; memory is that of all its processes after some
thousand quotes, with what they share counted once; size is that of an environment with what it needs, without
Python itself. One worker each. The model store must have a champion. Needs `wrk`. With ``--stack`` it is only
the memory of each part of the ``diamonds run`` that is up, as it is at that moment.
"""

import statistics
import tempfile
from pathlib import Path

import psutil

from benchmarks.command_line import parser_for
from benchmarks.environments import python_with, size_mb
from benchmarks.memory import memory_mb
from benchmarks.serving import MLFLOW, PEERS, XGBOOST, ours
from benchmarks.tables import print_header, print_row
from benchmarks.wrk import measure
from diamonds.database import running
from diamonds.database.postmaster import running_postmaster
from diamonds.settings import PROJECT, settings
from diamonds.stack.environment import DASHBOARD, PREFECT, SCHEDULES, SERVICE
from diamonds.stack.only_run import running_pid
from diamonds.stack.processes import mark_of, marked

CONNECTIONS, SECONDS = 16, 5
_PARTS = (SERVICE, DASHBOARD, PREFECT, SCHEDULES)
PACKAGES = {
    "fastapi": (
        "fastapi",
        "uvicorn",
        "pandas",
        "scikit-learn",
        *XGBOOST,
        "sqlalchemy",
        "psycopg2-binary",
    ),
    "mlflow": MLFLOW,
    "ours": ("-r", str(PROJECT / "requirements-serve.lock")),
}
STARTS = {**PEERS, "ours": ours}


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", choices=PEERS, nargs="*", default=list(PEERS))
    parser.add_argument("--stack", action="store_true")
    arguments = parser.parse_args()
    if arguments.stack:
        _print_stack()
        return
    print_header("service", "start, s", "memory, MB", "environment, MB")
    with tempfile.TemporaryDirectory() as folder, running():
        for name in [*arguments.peers, "ours"]:
            rounds = [_measured(name, Path(folder)) for _ in range(arguments.rounds)]
            start_s, memory_mb = (statistics.median(column) for column in zip(*rounds, strict=True))
            disk_mb = size_mb(python_with(f"{name}-alone", *PACKAGES[name]))
            print_row([name, f"{start_s:.1f}", f"{memory_mb:.0f}", f"{disk_mb:.0f}"])


def _measured(name: str, folder: Path) -> tuple[float, float]:
    """Seconds to start, and the memory in MB after quotes."""
    before = _processes()
    with STARTS[name](folder) as contender:
        measure(contender.url, contender.script, CONNECTIONS, SECONDS)
        started = [process for process in _processes() if process not in before]
        return contender.seconds_to_start, sum(memory_mb(process) for process in started)


def _print_stack() -> None:
    """The memory of the parts of the run in the home, which start processes of their own."""
    home = settings().home
    parts = {name: marked(mark_of(home, name)) for name in (*_PARTS, "guardian")}
    pid, server = running_pid(home), running_postmaster(home.resolve() / "postgres")
    parts |= {"supervisor": [psutil.Process(pid)]} if pid else {}
    parts |= {"postgres": [server.process, *server.process.children()]} if server else {}
    taken_mb = {name: sum(map(memory_mb, processes)) for name, processes in parts.items()}
    print_header("part", "memory, MB")
    for name, megabytes in (*taken_mb.items(), ("together", sum(taken_mb.values()))):
        print_row([name, f"{megabytes:.0f}"])


def _processes() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
