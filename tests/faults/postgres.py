"""A Postgres server of the machine's own that a test may kill, stop and start again."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path

import psutil

from tests.processes import free_port


class Server:
    """Listens on one port of the loopback address for as long as it is up."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.folder.chmod(0o777)
        self.data = self.folder / "data"
        self.port = free_port()
        self._run("initdb", "-D", str(self.data), "-U", "diamonds", "--auth=trust", "--encoding=UTF8")

    def url(self, port: int | None = None) -> str:
        return f"postgresql+psycopg2://diamonds@127.0.0.1:{port or self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self._run(
            "pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start"
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", "immediate", "stop")

    def kill(self) -> None:
        """SIGKILL to the server; its children end by themselves then."""
        server = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        children = server.children()
        server.send_signal(signal.SIGKILL)
        psutil.wait_procs(children, timeout=60)

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


def newest(program: str) -> str:
    """Debian keeps the server's programs of each version apart, and not on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else program
