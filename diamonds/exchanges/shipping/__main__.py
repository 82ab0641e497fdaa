"""The shipper process of one worker: ``python -m diamonds.exchanges.shipping JOURNAL``.

It ends when its standard input is closed, which happens when the worker ends, for whatever reason. On its
standard output it reports problems with the database, one a line; an empty line means that there is none.
"""

import gc
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from diamonds.exchanges.metric_files import add_up_ended_processes
from diamonds.exchanges.metrics import remove_gauges_of
from diamonds.exchanges.shipping.priority import lower_priority, lower_server_priority
from diamonds.exchanges.shipping.shipper import FLUSH_WITHIN_S, Shipper
from diamonds.logs import write_log
from diamonds.settings import settings

_OBJECTS_OF_A_BATCH = 50_000


def main() -> None:
    for stop in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group, while the worker still answers
        signal.signal(stop, signal.SIG_IGN)
    write_log(as_=settings().log_format)
    gc.freeze()
    gc.set_threshold(_OBJECTS_OF_A_BATCH)  # batches contain no cycles: collecting among them finds nothing
    lower_priority(os.getpid())
    worker = os.getppid()
    shipper = Shipper(Path(sys.argv[1]), report)
    event.listen(
        sa.Pool, "connect", lambda raw, _: None if shipper.catching_up else lower_server_priority(raw)
    )
    shipper.start()
    sys.stdin.read()
    shipper.stop(FLUSH_WITHIN_S)
    remove_gauges_of(worker)
    remove_gauges_of(os.getpid())
    add_up_ended_processes()


def report(problem: str | None) -> None:
    with suppress(BrokenPipeError):  # the worker is no more
        print(" ".join((problem or "").split()), flush=True)  # noqa: T201 - read by the worker


if __name__ == "__main__":
    main()
