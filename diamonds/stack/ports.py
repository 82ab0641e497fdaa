"""Checks that the ports that ``diamonds run`` needs are free."""

import errno
import socket
from contextlib import ExitStack

from diamonds.stack.addresses import SERVERS, Address, ServerName, address_of
from diamonds.stack.prefect import started_servers

PORTS = tuple(f"{server}_port" for server in SERVERS)
"""The settings of ports, each of one process of the Procfile."""


class PortTaken(RuntimeError):
    """Another process listens on a port that is needed."""


class NoSuchAddress(RuntimeError):
    """This machine has no such address."""


def check_ports() -> None:
    """Raises ``PortTaken`` or ``NoSuchAddress``, naming the setting, unless all ports can be bound."""
    with ExitStack() as bound:
        for server in started_servers():
            bound.enter_context(_bind(server, address_of(server)))


def _bind(server: ServerName, address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger do no harm
    try:
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise _explained(error, server, address) from error
    return listener


def _explained(error: OSError, server: ServerName, address: Address) -> Exception:
    if error.errno == errno.EADDRINUSE:
        setting = f"DIAMONDS_{server.upper()}_PORT"
        return PortTaken(f"Port {address.port} of {address.host} is taken. Set {setting} to a free port.")
    if error.errno == errno.EADDRNOTAVAIL:
        setting = "DIAMONDS_HOST" if server == "service" else f"DIAMONDS_{server.upper()}_HOST"
        return NoSuchAddress(f"This machine has no address {address.host}. Set {setting} to one that it has.")
    return error
