"""Runs a worker's shipper process: starts it, reads the problems it reports, restarts it when it dies."""

import os
import subprocess
import sys
import threading

from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.metrics import remove_gauges_of
from diamonds.exchanges.shipping.shipper import FLUSH_WITHIN_S
from diamonds.settings import PROJECT

RESTART_AFTER_S = 1.0


class ShipperSupervisor:
    """Ships a worker's journal from a separate process, which does not take the worker's interpreter lock.

    Each worker has its own, although sharing one would save 60 MB for each further worker: it never outlives
    its worker by more than seconds, and has the code and settings of its worker, where a shared one would go
    on with those from before a redeploy. It inherits the lock of the journal, which is orphaned only when
    both are dead. ``problem`` is what the process reported last, or None.
    """

    module = "diamonds.exchanges.shipping"

    def __init__(self, journal: Journal) -> None:
        self.problem: str | None = None
        self._journal = journal
        self._process: subprocess.Popen[str] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="shipper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits a few seconds for the rest to be shipped; nothing may be appended to the journal any more."""
        self._stopping.set()
        self._close_stdin()
        self._thread.join(FLUSH_WITHIN_S + 2.0)
        if self._thread.is_alive() and self._process is not None:
            self._process.kill()

    def _supervise(self) -> None:
        while True:
            try:
                self._run()
            except OSError as problem:  # the journal's folder cannot be made, or no process be started
                self.problem = f"the shipper does not start: {problem}"
            if self._stopping.is_set():
                return
            self._stopping.wait(RESTART_AFTER_S)

    def _run(self) -> None:
        """Runs the process until it ends."""
        lock = self._journal.lock()
        command = [sys.executable, "-m", self.module, str(self._journal.folder)]
        path = os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[lock],
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C must not reach it while the worker still answers
        ) as process:
            self._process, self.problem = process, None
            if self._stopping.is_set():
                self._close_stdin()
            for line in process.stdout or ():
                self.problem = line.strip() or None
        remove_gauges_of(process.pid)

    def _close_stdin(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
