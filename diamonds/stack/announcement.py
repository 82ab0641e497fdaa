"""Prints where the servers of ``diamonds run`` are, once they respond."""

import http.client
import time

from diamonds import secret_file
from diamonds.stack import prefect
from diamonds.stack.addresses import Address, ServerName, address_of
from diamonds.stack.output import say, show

_POLL_SECONDS = 0.2


def wait_for_prices(longest_s: float) -> None:
    """Waits until the service responds, for so long, and says that it does."""
    service, deadline = address_of("service"), time.monotonic() + longest_s
    while not is_up(service, "/readyz"):
        if time.monotonic() > deadline:
            return
        time.sleep(_POLL_SECONDS)
    say("system", f"prices are quoted at {service.url}; the rest starts")


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
    show("\n".join(["", "diamonds is up; Ctrl-C stops it.", *lines, *_hints(), ""]))


def _hints() -> list[str]:
    """Where the string is that Prefect's pages ask for, or which other server has the schedules."""
    if not prefect.is_own_server():
        return [f"  schedules  {prefect.api_url()} (PREFECT_API_URL)"]
    stored = secret_file.read(prefect.auth_file())
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
