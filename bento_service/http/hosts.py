"""Refuses requests under a foreign name, such as a page of another site has lead here (DNS rebinding)."""

import re
import socket
from collections.abc import Sequence
from functools import cache, lru_cache
from ipaddress import ip_address

from bento_service.http.errors import ApiError, bad_request, excerpt
from bento_service.http.exposure import bound_addresses, is_exposed
from diamonds.loopback import is_loopback
from diamonds.settings import settings

HOST = rb"([a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?"
_HOST_HEADER = re.compile(HOST)


def check_host(hosts: Sequence[bytes], http_version: str) -> None:
    """Raises the 403 for a foreign ``Host``, and the 400 for none or several of them.

    Ports are not compared: they may be forwarded, and a page cannot have another than the one it calls.
    """
    if len(hosts) == 1:
        if not _is_ours(hosts[0], is_exposed()):
            raise _foreign(hosts[0])
    elif hosts or http_version != "1.0":  # before HTTP/1.1 there was no such header; browsers send it always
        raise bad_request(f"Got {len(hosts)} headers `Host`; expected one.", code="invalid_host")


@lru_cache(maxsize=1000)
def _is_ours(header: bytes, exposed: bool) -> bool:
    match = _HOST_HEADER.fullmatch(header.lower())
    if match is None:
        return False
    name = match[1].decode().rstrip(".").strip("[]")
    names = _own_names()
    return (
        name in names
        or "*" in names
        or is_loopback(name)
        or (_is_address(name) and (exposed or name in bound_addresses()))
    )


@cache
def _own_names() -> frozenset[str]:
    configured = {name.lower().rstrip(".").strip("[]") for name in settings().allowed_hosts}
    return frozenset({*configured, settings().host.lower(), socket.gethostname().lower()})


def _is_address(name: str) -> bool:
    """Names are what an attacker can have lead here; an address in the header is the one that was called."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _foreign(host: bytes) -> ApiError:
    got = excerpt(host.decode("latin-1"))
    message = f"Got Host={got!r}; expected a name of this service: DIAMONDS_ALLOWED_HOSTS adds others."
    return ApiError(403, "foreign_host", message, [{"field": "Host", "message": message, "got": got}])
