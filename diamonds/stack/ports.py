"""Checks that the ports that ``diamonds run`` needs are free."""

import errno
import socket
from contextlib import ExitStack

from diamonds.settings import settings

PORTS = ("service_port", "dashboard_port", "prefect_port")
"""The settings of ports, each of one process of the Procfile."""


class PortTaken(RuntimeError):
    """Another process listens on a port that is needed."""


def check_ports() -> None:
    """Raises ``PortTaken``, naming the port and the setting that changes it, unless all ports are free."""
    with ExitStack() as bound:
        for name in PORTS:
            bound.enter_context(_bind(settings().host, getattr(settings(), name), f"DIAMONDS_{name.upper()}"))


def _bind(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger do no harm
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTaken(f"Port {port} of {host} is taken. Set {setting} to a free port.") from error
    return listener
