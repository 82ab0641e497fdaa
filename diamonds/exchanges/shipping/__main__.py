"""The process that ships for one worker: ``python -m diamonds.exchanges.shipping JOURNAL``.

It ends when its standard input does, that is with the worker, however that ends; what is wrong with the
database it says on its standard output, a line each time, an empty one when all is well.
"""

import gc
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from diamonds.exchanges.metrics import forget_gauges_of
from diamonds.exchanges.shipping.priority import give_way, let_server_give_way
from diamonds.exchanges.shipping.shipper import FLUSH_WITHIN_S, Shipper

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


def tell(problem: str | None) -> None:
    with suppress(BrokenPipeError):  # the worker is no more
        print(" ".join((problem or "").split()), flush=True)  # noqa: T201 - the worker reads it


if __name__ == "__main__":
    main()
