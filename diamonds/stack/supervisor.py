"""Runs the processes of the Procfile together, and stops them together."""

import http.client
import os
import sys
import threading
import time
from pathlib import Path

import honcho.manager
from honcho.environ import parse_procfile

from diamonds.loopback import is_loopback
from diamonds.settings import PROJECT, settings
from diamonds.stack import prefect
from diamonds.stack.addresses import LOOPBACK_NAMES, SERVERS, Address, ServerName, address_of
from diamonds.stack.secret_file import read_secret

STOP_SECONDS = 20
"""How long a process may take to finish its work before it is killed; the service needs it to flush."""

STOPPED_BY_SIGNAL = {130, 143}
"""What honcho returns after Ctrl-C and SIGTERM."""

DEFAULTS = {
    "PYTHONUNBUFFERED": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    # After days without a server, one run of each deployment is due, not one for every day.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
}
"""The variables of every process where the user has not set them."""

PREFECT = "prefect"
PREFECT_CLIENTS = ("schedules", "dashboard")
"""The processes of the Procfile that serve and call Prefect's API."""

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
    for name, command in processes().items():
        supervisor.add_process(name, command, env=environment(name), cwd=str(PROJECT))
    supervisor.loop()
    return 0 if supervisor.returncode in STOPPED_BY_SIGNAL else supervisor.returncode or 1


def processes() -> dict[str, str]:
    """The commands of the Procfile by name, without Prefect's server where another one is used."""
    commands: dict[str, str] = parse_procfile((PROJECT / "Procfile").read_text()).processes
    return {name: command for name, command in commands.items() if name != PREFECT or prefect.is_own_server()}


def environment(process: str) -> dict[str, str]:
    """The environment variables of a process: ours, and the settings that the Procfile uses.

    Only the processes that need it have the string of Prefect's server.
    """
    others = {name: value for name, value in os.environ.items() if not name.endswith("API_AUTH_STRING")}
    return (
        DEFAULTS | others | _settings() | _dashboard_variables() | _prefect_variables(process) | _no_proxy()
    )


def _settings() -> dict[str, str]:
    chosen = settings()
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DIAMONDS_HOST": chosen.host,
        "DIAMONDS_SERVICE_PORT": str(chosen.service_port),
        "DIAMONDS_DASHBOARD_HOST": chosen.dashboard_host,
        "DIAMONDS_DASHBOARD_PORT": str(chosen.dashboard_port),
        "DIAMONDS_PREFECT_HOST": chosen.prefect_host,
        "DIAMONDS_PREFECT_PORT": str(chosen.prefect_port),
    }


def _dashboard_variables() -> dict[str, str]:
    """Where other machines reach the dashboard, any host name does; who has no key only sees the sign-in."""
    hosts = "STREAMLIT_SERVER_ALLOWED_HOSTS"
    opened = not is_loopback(settings().dashboard_host)
    return {hosts: os.environ.get(hosts, "*")} if opened else {}


def _prefect_variables(process: str) -> dict[str, str]:
    if process == PREFECT:
        # What was set for this server before keeps its meaning.
        return {name: os.environ.get(name) or value for name, value in prefect.server_environment().items()}
    return prefect.client_environment() if process in PREFECT_CLIENTS else {}


def _no_proxy() -> dict[str, str]:
    """The variables that keep a proxy away from the connections between the processes."""
    names = {server: address_of(server).reachable_host for server in SERVERS}
    exceptions = ",".join(dict.fromkeys((*LOOPBACK_NAMES, *names.values())))
    return {
        name: f"{os.environ[name]},{exceptions}" if os.environ.get(name) else exceptions
        for name in ("NO_PROXY", "no_proxy")
    }


def print_addresses() -> None:
    """Waits until the service, the dashboard and Prefect respond, and prints their addresses."""
    servers: list[tuple[str, ServerName, str]] = [
        ("prices", "service", "/livez"),
        ("dashboard", "dashboard", "/_stcore/health"),
        ("schedules", "prefect", "/api/health"),
    ]
    if not prefect.is_own_server():
        del servers[-1]
    for _, server, path in servers:
        while not is_up(address_of(server), path):
            time.sleep(_POLL_SECONDS)
    lines = [f"  {name:<10} {address_of(server).url}" for name, server, _ in servers]
    print("\n".join(["", "diamonds is up; Ctrl-C stops it.", *lines, *_hints(), ""]), flush=True)  # noqa: T201


def _hints() -> list[str]:
    """Where the string is that Prefect's pages ask for, or which other server has the schedules."""
    if not prefect.is_own_server():
        return [f"  schedules  {prefect.api_url()} (PREFECT_API_URL)"]
    stored = read_secret(prefect.auth_file())
    asked = prefect.ensure_auth_string()
    return [f"Prefect's pages ask for the string in {prefect.auth_file()}."] if stored == asked else []


def is_up(address: Address, path: str) -> bool:
    """Whether the response to a GET of the path has status 200."""
    connection = http.client.HTTPConnection(address.reachable_host, address.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
