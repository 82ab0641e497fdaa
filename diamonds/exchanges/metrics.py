"""Prometheus metrics of a worker's recording; BentoML's ``/metrics`` adds up those of all workers."""

import os
from functools import cache

from prometheus_client import Counter, Gauge
from prometheus_client.multiprocess import mark_process_dead

PREFIX = "diamonds_exchanges"


class Metrics:
    """The counters and gauges of this process."""

    def __init__(self) -> None:
        self.shipped = Counter(f"{PREFIX}_shipped", "Exchanges that reached the database.")
        self.retried = Counter(f"{PREFIX}_retried", "Batches that the database did not take at once.")
        self.failed = Counter(f"{PREFIX}_failed", "Exchanges that neither journal nor database took.")
        self.adopted = Counter(f"{PREFIX}_adopted", "Exchanges shipped for a worker that had died.")
        self.sync_failed = Counter(
            f"{PREFIX}_sync_failed", "Flushes of a journal to its disk that failed (DIAMONDS_JOURNAL_SYNC)."
        )
        self.unsynced = Gauge(
            f"{PREFIX}_unsynced",
            "Messages not safe from a power cut because flushing a journal to its disk fails.",
            multiprocess_mode="livesum",
        )
        self.refused = Gauge(
            f"{PREFIX}_refused",
            "Dead letters: exchanges that the database refuses.",
            multiprocess_mode="livemax",
        )
        self.blocked = Gauge(
            f"{PREFIX}_blocked",
            "1 while the database takes no exchange, by its state: away, busy or refusing.",
            ["state"],
            multiprocess_mode="livemax",
        )
        self.depth = Gauge(
            f"{PREFIX}_journal_bytes", "Bytes of exchanges not shipped yet.", multiprocess_mode="livesum"
        )
        self.oldest = Gauge(
            f"{PREFIX}_oldest_unshipped_seconds",
            "Age of the oldest exchange not shipped yet.",
            multiprocess_mode="livemax",
        )
        self.set_blocked(None)  # so that alerts find the series before anything is wrong

    def set_blocked(self, state: str | None) -> None:
        """Shows why the database takes no exchange, or None when it does."""
        for each in ("away", "busy", "refusing"):
            self.blocked.labels(each).set(each == state)


@cache
def metrics() -> Metrics:
    """The metrics, created when first needed: BentoML must have set the folder of their files before."""
    return Metrics()


def remove_gauges_of(process: int) -> None:
    """Removes a dead process's gauges from ``/metrics``; its counters stay."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(process)  # type: ignore[no-untyped-call]
