"""Runs the processes of the Procfile together, and stops them together."""

import http.client
import os
import sys
import threading
import time
from pathlib import Path

import honcho.manager
from honcho.environ import parse_procfile

from diamonds.settings import PROJECT, settings

STOP_SECONDS = 20
"""How long a process may take to finish its work before it is killed; the service needs it to flush."""

STOPPED_BY_SIGNAL = {130, 143}
"""What honcho returns after Ctrl-C and SIGTERM."""

_POLL_SECONDS = 0.3


class Supervisor(honcho.manager.Manager):  # type: ignore[misc] # honcho comes without types
    """honcho's manager, which also prints the addresses once every process responds."""

    def _start(self) -> None:
        super()._start()
        # Only now: forking and threads do not mix.
        threading.Thread(target=print_addresses, daemon=True).start()

    def terminate(self) -> None:
        # honcho cannot stop a process before it has handled the event of its start: it would leave it behind.
        if self._all_started():
            super().terminate()
        else:
            threading.Timer(0.1, self.terminate).start()


def supervise() -> int:
    """Runs the Procfile until Ctrl-C, SIGTERM or the end of one process; returns the exit code.

    The end of one process stops all. The exit code is 0 after Ctrl-C or SIGTERM.
    """
    honcho.manager.KILL_WAIT = STOP_SECONDS
    supervisor = Supervisor()
    for name, command in parse_procfile((PROJECT / "Procfile").read_text()).processes.items():
        supervisor.add_process(name, command, env=environment(), cwd=str(PROJECT))
    supervisor.loop()
    return 0 if supervisor.returncode in STOPPED_BY_SIGNAL else supervisor.returncode or 1


def environment() -> dict[str, str]:
    """The environment variables of the processes: ours, and the settings that the Procfile uses."""
    chosen = settings()
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "DIAMONDS_HOST": chosen.host,
        "DIAMONDS_SERVICE_PORT": str(chosen.service_port),
        "DIAMONDS_DASHBOARD_PORT": str(chosen.dashboard_port),
        "DIAMONDS_PREFECT_PORT": str(chosen.prefect_port),
        "PREFECT_API_URL": f"http://{chosen.reachable_host}:{chosen.prefect_port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "BENTOML_DO_NOT_TRACK": "True",
        "DO_NOT_TRACK": "1",
        # After days without a server, one run of each deployment is due, not one for every day.
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
    }


def print_addresses() -> None:
    """Waits until the service, the dashboard and Prefect respond, and prints their addresses."""
    chosen = settings()
    servers = [
        ("prices", chosen.service_port, "/livez"),
        ("dashboard", chosen.dashboard_port, "/_stcore/health"),
        ("schedules", chosen.prefect_port, "/api/health"),
    ]
    for _, port, path in servers:
        while not is_up(chosen.reachable_host, port, path):
            time.sleep(_POLL_SECONDS)
    lines = [f"  {name:<10} http://{chosen.reachable_host}:{port}" for name, port, _ in servers]
    print("\n".join(["", "diamonds is up; Ctrl-C stops it.", *lines, ""]), flush=True)  # noqa: T201


def is_up(host: str, port: int, path: str) -> bool:
    """Whether the response to a GET of the path has status 200."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
