"""Binds the service's sockets, and checks that the other ports of ``diamonds run`` are free."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psutil

from diamonds.stack.addresses import SERVERS, Address, ServerName, address_of
from diamonds.stack.prefect import started_servers
from diamonds.stack.processes import text_of

PORTS = tuple(f"{server}_port" for server in SERVERS)
"""The settings of ports, each of one part."""

BACKLOG = 2048
"""Maximum number of connections that wait for the service, as in BentoML."""

_OTHER_FAMILY = {"127.0.0.1": "::1", "::1": "127.0.0.1"}
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class PortTaken(RuntimeError):
    """Another process listens on a port that is needed."""


class NoSuchAddress(RuntimeError):
    """This machine has no such address."""


@contextmanager
def service_sockets() -> Iterator[list[socket.socket]]:
    """The sockets of the service, which listen while open; the other servers' ports are free.

    Raises ``PortTaken`` or ``NoSuchAddress``, naming the setting.
    """
    with ExitStack() as listening:
        check_ports(["service"])
        sockets = _bind("service", address_of("service"))
        for each in sockets:
            listening.enter_context(each)
            each.listen(BACKLOG)
        yield sockets


def check_ports(but: list[ServerName] | None = None) -> None:
    """Raises ``PortTaken`` or ``NoSuchAddress``, naming the setting, unless all ports can be bound."""
    with ExitStack() as bound:
        for server in started_servers():
            if server not in (but or []):
                for each in _bind(server, address_of(server)):
                    bound.enter_context(each)


def _bind(server: ServerName, address: Address) -> list[socket.socket]:
    """Sockets on the address and, on loopback, on that of the other family: names may mean either."""
    with ExitStack() as bound:
        sockets = [bound.enter_context(_bound(server, address))]
        other = _OTHER_FAMILY.get(address.host)
        if other is not None:
            with suppress(NoSuchAddress):
                sockets.append(bound.enter_context(_bound(server, Address(other, address.port))))
        bound.pop_all()
    return sockets


def _bound(server: ServerName, address: Address) -> socket.socket:
    try:
        listener = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET)
    except OSError as error:  # a kernel without IPv6
        raise _explained(error, server, address) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger do no harm
    try:
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise _explained(error, server, address) from error
    return listener


def _explained(error: OSError, server: ServerName, address: Address) -> Exception:
    setting = f"DIAMONDS_{server.upper()}_PORT"
    if error.errno == errno.EADDRINUSE:
        holder = listener_of(address.port)
        by = f" by {text_of(holder)}; stop it with: kill {holder.pid}" if holder else ""
        advice = f"{', or set' if holder else '. Set'} {setting} to a free port."
        return PortTaken(f"Port {address.port} of {address.host} is taken{by}{advice}")
    if error.errno == errno.EACCES:
        return PortTaken(f"Port {address.port} is only for root. Set {setting} to a free port above 1023.")
    if error.errno in _NOT_HERE:
        setting = "DIAMONDS_HOST" if server == "service" else f"DIAMONDS_{server.upper()}_HOST"
        return NoSuchAddress(f"This machine has no address {address.host}. Set {setting} to one that it has.")
    return error


def listener_of(port: int) -> psutil.Process | None:
    """The process that listens on a port; None where the system does not tell."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return psutil.Process(connection.pid)
    return None
