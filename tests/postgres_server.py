"""A Postgres server of the machine's own that a test may kill, stop and start again."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.processes import free_port

SERVICE, PASSWORD = "service", "first"
"""The role of the service, which has a password; tests have another one, which may do everything."""


class Server:
    """Listens on one port of the loopback address for as long as it is up.

    On another ``address`` as well, where one is passed: it lets anybody in there.
    """

    def __init__(self, address: str | None = None) -> None:
        self._addresses = ",".join(["127.0.0.1", *([address] if address else [])])
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.folder.chmod(0o777)
        self.data = self.folder / "data"
        self.port = free_port()
        self._run("initdb", "-D", str(self.data), "-U", "diamonds", "--auth=trust", "--encoding=UTF8")
        rules = self.data / "pg_hba.conf"
        others = "host all all samenet trust\n" if address else ""
        rules.write_text(f"host all {SERVICE} 127.0.0.1/32 scram-sha-256\n{others}{rules.read_text()}")

    def url(
        self, port: int | None = None, user: str = "diamonds", scheme: str = "postgresql+psycopg2"
    ) -> str:
        return f"{scheme}://{user}@127.0.0.1:{port or self.port}/postgres"

    def start(self) -> None:
        self._start(self.data, self.port)

    def stop(self) -> None:
        self._stop(self.data)

    def kill(self) -> None:
        """SIGKILL to the server; its children end by themselves then."""
        server = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        children = server.children()
        server.send_signal(signal.SIGKILL)
        psutil.wait_procs(children, timeout=60)

    def start_standby(self) -> None:
        """A second server, to which this one sends every change."""
        self._standby = self.folder / f"data-{free_port()}"
        source = f"-c fast -R -h 127.0.0.1 -p {self.port} -U diamonds".split()
        self._run("pg_basebackup", "-D", str(self._standby), *source)
        self._start(self._standby, free_port())

    def fail_over(self) -> None:
        """Kills the server; its standby takes its port over, read-only at first, and goes on."""
        self.kill()
        self._stop(self._standby)
        self.data = self._standby
        self.start()
        self._run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def _start(self, data: Path, port: int) -> None:
        options = (
            f"-p {port} -c listen_addresses={self._addresses} -c unix_socket_directories={self.folder} "
            "-c track_commit_timestamp=on"  # so that it knows when a row was recorded
        )
        self._run("pg_ctl", "-D", str(data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def _stop(self, data: Path) -> None:
        self._run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        # Postgres refuses to run as root; its package brings a user for it.
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*user, newest(program), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def serving_postgres(address: str | None = None) -> Iterator[Server]:
    """A server within the context, of which nothing is left behind."""
    server = Server(address)
    try:
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)


def newest(program: str) -> str:
    """Debian keeps the server's programs of each version apart, and not on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else program
