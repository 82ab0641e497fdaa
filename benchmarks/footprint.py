"""Measures what a service takes besides time for its answers: its start, memory, and size on disk.

    python -m benchmarks.footprint [--rounds 3] [--peers fastapi mlflow]

Time is that from the start of the process until it answers; memory is that of all its processes after some
thousand quotes, with what they share counted once; size is that of an environment with what it needs, without
Python itself. One worker each. The model store must have a champion. Needs `wrk`.
"""

import statistics
import tempfile
from pathlib import Path

import psutil

from benchmarks.command_line import parser_for
from benchmarks.environments import python_with, size_mb
from benchmarks.serving import MLFLOW, PEERS, XGBOOST, ours
from benchmarks.tables import print_header, print_row
from benchmarks.wrk import measure
from diamonds.database import running
from diamonds.settings import PROJECT

CONNECTIONS, SECONDS = 16, 5
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
    arguments = parser.parse_args()
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
        return contender.seconds_to_start, sum(_memory_mb(process) for process in started)


def _processes() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)  # type: ignore[no-any-return]


def _memory_mb(process: psutil.Process) -> float:
    """The proportional share of a process where the system knows it (Linux), or what is its own alone."""
    memory = process.memory_full_info()
    return float(getattr(memory, "pss", memory.uss)) / 1e6


if __name__ == "__main__":
    main()
