"""The worker's side of its shipper: starts the process, hears how it fares, starts it again when it dies."""

import os
import subprocess
import sys
import threading

from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.metrics import forget_gauges_of
from diamonds.exchanges.shipping.shipper import FLUSH_WITHIN_S
from diamonds.settings import PROJECT

START_AGAIN_AFTER_S = 1.0


class ShipperProcess:
    """Ships a worker's journal from a process of its own, for it would take the worker's interpreter lock.

    Each worker has its own, although one for all would save 60 MB for each more: this one never outlives its
    worker by more than seconds, and it has the code and settings of its worker, where one for all would go on
    with those from before a redeploy. It inherits the lock of the journal, which is an orphan only when both
    are dead.
    """

    def __init__(self, journal: Journal) -> None:
        self.problem: str | None = None
        self._journal = journal
        self._process: subprocess.Popen[str] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="shipper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Lets it ship what is left, for a few seconds at most; nothing may be kept any more."""
        self._ending.set()
        self._close_its_input()
        self._thread.join(FLUSH_WITHIN_S + 2.0)
        if self._thread.is_alive() and self._process is not None:
            self._process.kill()

    def _supervise(self) -> None:
        while True:
            try:
                self._run()
            except OSError as problem:  # there is no folder to ship from, or no process to be had
                self.problem = str(problem)
            if self._ending.is_set():
                return
            self._ending.wait(START_AGAIN_AFTER_S)

    def _run(self) -> None:
        """One life of the process."""
        lock = self._journal.hold()
        command = [sys.executable, "-m", "diamonds.exchanges.shipping", str(self._journal.folder)]
        path = os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[lock],
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the worker, which may still be answering
        ) as process:
            self._process, self.problem = process, None
            if self._ending.is_set():
                self._close_its_input()
            for line in process.stdout or ():
                self.problem = line.strip() or None
        forget_gauges_of(process.pid)

    def _close_its_input(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
