"""Keeps the processes of the Procfile running together, and stops them together."""

import http.client
import os
import sys
import threading
import time
from pathlib import Path

import honcho.manager
from honcho.environ import parse_procfile

from diamonds.settings import PROJECT, settings

STOPPING_SECONDS = 20
"""How long a process may take to finish its work before it is killed; the service needs it to flush."""

STOPPED_BY_US = {130, 143}
"""What honcho returns after Ctrl-C and SIGTERM."""


class Supervisor(honcho.manager.Manager):  # type: ignore[misc] # honcho comes without types
    """honcho's manager, which also says where everything is once all of it answers."""

    def _start(self) -> None:
        super()._start()
        threading.Thread(target=announce, daemon=True).start()  # only now: forking and threads do not mix

    def terminate(self) -> None:
        # honcho cannot stop a process whose start it has not heard of, and would leave it behind.
        if self._all_started():
            super().terminate()
        else:
            threading.Timer(0.1, self.terminate).start()


def supervise() -> int:
    """Runs the Procfile until Ctrl-C, SIGTERM or the end of one process; returns the exit code.

    Ending one process ends all. 0 means that we were asked to stop.
    """
    honcho.manager.KILL_WAIT = STOPPING_SECONDS
    supervisor = Supervisor()
    for name, command in parse_procfile((PROJECT / "Procfile").read_text()).processes.items():
        supervisor.add_process(name, command, env=environment(), cwd=str(PROJECT))
    supervisor.loop()
    return 0 if supervisor.returncode in STOPPED_BY_US else supervisor.returncode or 1


def environment() -> dict[str, str]:
    """The environment of the processes: ours, with the settings they are started by."""
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
        # After days of rest one run of each deployment is due, not one for every day.
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
    }


def announce() -> None:
    """Waits until all of it answers and says where it is."""
    chosen = settings()
    places = [
        ("prices", chosen.service_port, "/livez"),
        ("dashboard", chosen.dashboard_port, "/_stcore/health"),
        ("schedules", chosen.prefect_port, "/api/health"),
    ]
    for _, port, path in places:
        while not answers(chosen.reachable_host, port, path):
            time.sleep(0.3)
    lines = [f"  {name:<10} http://{chosen.reachable_host}:{port}" for name, port, _ in places]
    print("\n".join(["", "diamonds is up; Ctrl-C stops it.", *lines, ""]), flush=True)  # noqa: T201


def answers(host: str, port: int, path: str) -> bool:
    """Whether a GET of the path is answered with status 200."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
