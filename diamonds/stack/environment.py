"""The environment variables of the processes of ``diamonds run``."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from diamonds.loopback import is_loopback
from diamonds.settings import settings
from diamonds.stack import prefect
from diamonds.stack.addresses import LOOPBACK_NAMES, SERVERS, address_of

DEFAULTS = {
    "PYTHONUNBUFFERED": "1",
    "MALLOC_ARENA_MAX": "2",  # threads wait for one another anyway; each arena keeps free memory
    "PYTHONUTF8": "1",  # whatever the locale: their output is read as UTF-8
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    # After days without a server, one run of each deployment is due, not one for every day.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
    # Runs that ended 90 days ago are deleted with their logs and artifacts.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "true",
    # To note which blocks it has registered, the server would import each integration, such as that of Dask.
    "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
}
"""The variables of every process where the user has not set them."""

SERVICE_DEFAULTS = {
    "OMP_NUM_THREADS": "1",  # see diamonds.models.threads
    "FORWARDED_ALLOW_IPS": "none",  # of uvicorn; ours is DIAMONDS_TRUSTED_PROXIES
}
"""The variables of the service's workers where the user has not set them."""

SERVICE, DASHBOARD, PREFECT, SCHEDULES = "service", "dashboard", "prefect", "schedules"
TRAINING = "training"
"""The parts of ``diamonds run``."""

_NOT_HANDED_ON = ("API_AUTH_STRING", "PYTHONINSPECT", "PYTHONWARNINGS")
"""Endings of variables that only some parts get, or with which Python waits, or ends at warnings."""
_PREFECT_DATABASE = ("PREFECT_SERVER_DATABASE_", "PREFECT_API_DATABASE_")
_PREFECT_CLIENTS = (SCHEDULES, DASHBOARD)


def environment(part: str) -> dict[str, str]:
    """The environment variables of a part; only those that need it have the string of Prefect's server."""
    others = {name: value for name, value in os.environ.items() if not _is_withheld(name, part)}
    defaults = DEFAULTS | (SERVICE_DEFAULTS if part == SERVICE else {}) | _prefect_home()
    return defaults | others | _own_variables(part) | _prefect_variables(part) | _no_proxy()


def _is_withheld(name: str, part: str) -> bool:
    """The first models are trained here, so that a start needs no cluster."""
    return name.endswith(_NOT_HANDED_ON) or (part == TRAINING and name == "DIAMONDS_DASK_SCHEDULER")


def metrics_folder() -> Path:
    """The folder in which the workers share their metrics; BentoML's own is that of all stacks."""
    return settings().home / "metrics"


def _own_variables(part: str) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "DIAMONDS_HOME": str(settings().home),  # they run in another folder, to which a relative path may be
        "PROMETHEUS_MULTIPROC_DIR": str(metrics_folder()),
    } | (_dashboard_variables() if part == DASHBOARD else {})


def _dashboard_variables() -> dict[str, str]:
    """Where other machines reach the dashboard, any host name does; who has no key only sees the sign-in."""
    hosts = "STREAMLIT_SERVER_ALLOWED_HOSTS"
    opened = not is_loopback(settings().dashboard_host)
    return {hosts: os.environ.get(hosts, "*")} if opened else {}


def _prefect_home() -> dict[str, str]:
    """Prefect's home is that of this stack where it is our own server: others would share its database."""
    if not prefect.is_own_server() or os.environ.get("PREFECT_HOME"):
        return {}
    home = settings().home.resolve() / "prefect"
    chosen = any(name.startswith(_PREFECT_DATABASE) for name in os.environ)
    # Prefect's own default is a URL in which a % or ? of the path would mean something else.
    url = f"sqlite+aiosqlite:///{quote(str(home / 'prefect.db'))}"
    database = {} if chosen else {f"{_PREFECT_DATABASE[0]}CONNECTION_URL": url}
    return {"PREFECT_HOME": str(home)} | database | _prefect_pages(home)


def _prefect_pages(home: Path) -> dict[str, str]:
    """Where the server puts its pages if not into its package, as it would where that can be written."""
    package = find_spec("prefect")
    places = package.submodule_search_locations if package else None
    if not places or os.access(Path(places[0], "server"), os.W_OK):
        return {}
    return {"PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "pages")}


def _prefect_variables(part: str) -> dict[str, str]:
    if part == PREFECT:
        # What was set for this server before keeps its meaning.
        return {name: os.environ.get(name) or value for name, value in prefect.server_environment().items()}
    return prefect.client_environment() if part in _PREFECT_CLIENTS else {}


def _no_proxy() -> dict[str, str]:
    """The variables that keep a proxy away from the connections between the processes."""
    names = {server: address_of(server).reachable_host for server in SERVERS}
    exceptions = ",".join(dict.fromkeys((*LOOPBACK_NAMES, *names.values())))
    return {
        name: f"{os.environ[name]},{exceptions}" if os.environ.get(name) else exceptions
        for name in ("NO_PROXY", "no_proxy")
    }
