"""Keeps one part running in a thread: relays its output, and starts it again when it has ended."""

import subprocess
import threading
import time
from pathlib import Path
from typing import IO

from diamonds.settings import PROJECT
from diamonds.stack.output import say
from diamonds.stack.part import Part, ending, next_pause
from diamonds.stack.processes import MARK, end, in_session, mark_of, marked

_RELAY_SECONDS = 1.0


class Keeper(threading.Thread):
    """Starts a part, and starts it again after a growing pause whenever it ends, until ``stop``.

    What a process leaves behind (its workers, its runs) is ended with it.
    """

    def __init__(self, part: Part, home: Path, stopping: threading.Event) -> None:
        super().__init__(name=part.name, daemon=True)
        self.part = part
        self._mark = mark_of(home, part.name)
        self._stopping = stopping
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        pause_s = 0.0
        while (process := self._start()) is not None:
            started = time.monotonic()
            relays = [self._relay(stream) for stream in (process.stdout, process.stderr) if stream]
            exit_code = process.wait()
            self._end_rest(process)
            for relay in relays:
                relay.join(_RELAY_SECONDS)
            if self._stopping.is_set() or self.part.runs_once:
                return
            pause_s = next_pause(pause_s, time.monotonic() - started)
            say("system", f"{self.part.name} {ending(exit_code)}; it starts again in {pause_s:g} s")
            self._stopping.wait(pause_s)

    def stop(self) -> None:
        """Asks the process to end, and kills what is left of it after its time."""
        with self._starting:  # from here on none is started any more
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(self.part.stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        self._end_rest(process)

    def finish(self) -> None:
        """Waits for a process that ends with its input."""
        with self._starting:
            process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait()

    def _end_rest(self, process: "subprocess.Popen[bytes]") -> None:
        """Ends what the process has started and left, in its session or wherever it has gone."""
        end({*marked(self._mark), *in_session(process.pid)}, within_s=0.5)

    def _start(self) -> "subprocess.Popen[bytes] | None":
        with self._starting:
            if self._stopping.is_set():
                return None
            part = self.part
            self._process = subprocess.Popen(
                part.command,
                cwd=PROJECT,
                env={**part.environment, MARK: self._mark},
                stdin=subprocess.PIPE,  # ends with us, as the guardian notices
                stdout=subprocess.DEVNULL if part.discards_output else subprocess.PIPE,
                stderr=subprocess.PIPE if part.discards_output else subprocess.STDOUT,
                pass_fds=[each.fileno() for each in part.sockets],
                start_new_session=True,  # Ctrl-C is for us to pass on, in order
            )
            return self._process

    def _relay(self, stream: IO[bytes]) -> threading.Thread:
        def relay() -> None:
            with stream:
                for line in stream:
                    say(self.part.name, line.decode(errors="replace").rstrip())

        thread = threading.Thread(target=relay, daemon=True)
        thread.start()
        return thread
