"""The process that ships for one worker: ``python -m diamonds.exchanges.shipping JOURNAL``.

It ends when its standard input does, that is with the worker, however that ends; what is wrong with the
database it says on its standard output, a line each time, an empty one when all is well.
"""

import gc
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa
from prometheus_client.multiprocess import mark_process_dead
from sqlalchemy import event

from diamonds.exchanges.shipper import Shipper

logger = logging.getLogger(__name__)

FLUSH_WITHIN_S = 5.0
_NICENESS = 10
_TRIES = 5
_OBJECTS_OF_A_BATCH = 50_000


def main() -> None:
    for stop in (signal.SIGINT, signal.SIGTERM):  # for the whole group, while the worker still answers
        signal.signal(stop, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(_OBJECTS_OF_A_BATCH)  # no cycle holds them, so looking for some among them is in vain
    give_way(os.getpid())
    worker = os.getppid()
    shipper = Shipper(Path(sys.argv[1]), tell)
    event.listen(sa.Pool, "connect", lambda raw, _: None if shipper.hurries else let_server_give_way(raw))
    shipper.start()
    sys.stdin.read()
    shipper.stop(FLUSH_WITHIN_S)
    forget_gauges_of(worker)
    forget_gauges_of(os.getpid())


def give_way(process: int) -> None:
    """Lets a process have the processor after those that serve; where all are busy, it still gets a tenth."""
    try:
        niceness = max(os.getpriority(os.PRIO_PROCESS, process), _NICENESS)
        os.setpriority(os.PRIO_PROCESS, process, niceness)
        session = Path(f"/proc/{process}/autogroup")  # Linux weighs sessions first, as sched(7) tells
        if session.exists():
            _write_patiently(session, str(niceness))
    except OSError as problem:
        logger.info("Process %s does not give way: %s", process, problem)


def let_server_give_way(connection: Any) -> None:
    """Does so with the process that serves a connection of ours, where the server is on this machine."""
    about = connection.info
    if (about.host or "").startswith("/"):
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(about.backend_pid)
            if server.name() == "postgres":
                give_way(server.pid)


def _write_patiently(file: Path, text: str) -> None:
    """The kernel takes this ten times a second at most, from all processes together."""
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            file.write_text(text)
            return
        time.sleep(0.1)


def tell(problem: str | None) -> None:
    with suppress(BrokenPipeError):  # the worker is no more
        print(" ".join((problem or "").split()), flush=True)  # noqa: T201 - the worker reads it


def forget_gauges_of(process: int) -> None:
    """Takes a dead process's gauges off ``/metrics``; what it counted stays."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(process)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
