"""Checks names and ports, and whether Prefect's server and the service respond."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from diamonds.doctor.finding import Finding, right, wrong
from diamonds.loopback import is_loopback
from diamonds.settings import settings
from diamonds.stack import ports, prefect
from diamonds.stack.addresses import address_of
from diamonds.stack.announcement import is_up
from diamonds.stack.only_run import running_pid

_PATIENCE_S = 5


def check_localhost() -> Iterator[Finding]:
    """Whether ``localhost`` means this machine."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo("localhost", None)}
    except OSError as error:
        yield wrong("localhost", f"The name localhost means nothing here ({error.strerror}); see /etc/hosts")
        return
    text = f"localhost means {', '.join(sorted(found))}"
    if all(map(is_loopback, found)):
        yield right("localhost", text)
    else:
        yield wrong("localhost", f"{text}, which others reach; see /etc/hosts")


def check_ports() -> Iterator[Finding]:
    """Whether the ports are free, unless they are those of a run."""
    try:
        prefect.check_variables()
        if running_pid(settings().home) is None:
            ports.check_ports()
            yield right("ports", "All ports are free")
    except (ports.PortTaken, ports.NoSuchAddress, prefect.OtherAuthString) as error:
        yield wrong("ports", str(error))


def check_prefect() -> Iterator[Finding]:
    """Whether Prefect's server responds, where one is to."""
    if not prefect.is_own_server():
        yield _other_prefect()
    elif running_pid(settings().home) is not None:
        if is_up(address_of("prefect"), "/api/health"):
            yield right("prefect", f"Prefect responds at {prefect.api_url()}")
        else:
            advice = "see its lines in the output of diamonds run"
            yield wrong("prefect", f"Prefect does not respond at {prefect.api_url()}; {advice}")


def _other_prefect() -> Finding:
    url = urlsplit(prefect.api_url())
    address = (url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
    try:
        socket.create_connection(address, _PATIENCE_S).close()
    except OSError as error:
        return wrong("prefect", f"Nothing listens at PREFECT_API_URL, {prefect.api_url()}: {error.strerror}")
    return right("prefect", f"{prefect.api_url()} (PREFECT_API_URL) can be reached; none is started here")


def check_service() -> Iterator[Finding]:
    """Whether the service of a run quotes prices."""
    if running_pid(settings().home) is None:
        return
    address = address_of("service")
    if is_up(address, "/readyz"):
        yield right("service", f"Prices are quoted at {address.url}")
    elif is_up(address, "/livez"):
        yield wrong("service", f"{address.url} responds, but has no champion; see: diamonds models")
    else:
        yield wrong("service", f"{address.url} does not respond; see its lines in the output of diamonds run")
