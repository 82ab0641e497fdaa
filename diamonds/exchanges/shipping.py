"""The process that ships for one worker: ``python -m diamonds.exchanges.shipping JOURNAL``.

It ends when its standard input does, that is with the worker, however that ends; what is wrong with the
database it says on its standard output, a line each time, an empty one when all is well.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

from diamonds.exchanges.shipper import Shipper

FLUSH_WITHIN_S = 5.0


def main() -> None:
    for stop in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # they may reach the whole group; the worker is still answering
        signal.signal(stop, signal.SIG_IGN)
    os.nice(10)  # serving comes first
    worker = os.getppid()
    shipper = Shipper(Path(sys.argv[1]), tell)
    shipper.start()
    sys.stdin.read()
    shipper.stop(FLUSH_WITHIN_S)
    forget_gauges_of(worker)
    forget_gauges_of(os.getpid())


def tell(problem: str | None) -> None:
    with suppress(BrokenPipeError):  # the worker is no more
        print(" ".join((problem or "").split()), flush=True)  # noqa: T201 - the worker reads it


def forget_gauges_of(process: int) -> None:
    """Takes a dead process's gauges off ``/metrics``; what it counted stays."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(process)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
