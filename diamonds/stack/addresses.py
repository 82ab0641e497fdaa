"""The addresses of the servers of ``diamonds run``, and whether other machines can reach them."""

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from diamonds.loopback import is_loopback
from diamonds.settings import settings

ServerName = Literal["service", "dashboard", "prefect"]
SERVERS: tuple[ServerName, ...] = get_args(ServerName)

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_REACHABLE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared only


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address and a port to which a server binds."""

    host: str
    port: int

    @property
    def reachable_host(self) -> str:
        """The address at which processes of this machine reach the server."""
        return _REACHABLE.get(self.host, self.host)

    @property
    def url(self) -> str:
        """The URL at which processes and browsers of this machine reach the server."""
        return url_of(self.reachable_host, self.port)


def address_of(server: ServerName) -> Address:
    """The address of a server according to the settings."""
    chosen = settings()
    hosts = {"service": chosen.host, "dashboard": chosen.dashboard_host, "prefect": chosen.prefect_host}
    return Address(hosts[server], getattr(chosen, f"{server}_port"))


def url_of(host: str, port: int) -> str:
    """The URL of a host name or address, an IPv6 one in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_on_loopback(url: str) -> bool:
    """Whether a URL leads to this machine and nowhere else."""
    return is_loopback(urlsplit(url).hostname)
