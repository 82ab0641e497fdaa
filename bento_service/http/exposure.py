"""Finds out whether other machines reach this process: by the sockets on which it listens."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from diamonds.loopback import is_loopback
from diamonds.settings import settings

_known: list[frozenset[str]] = []


def bound_addresses() -> frozenset[str]:
    """The IP addresses on which this process listens; those of the settings before it does.

    BentoML hands a worker its socket as a file descriptor and does not say what it is bound to. They never
    change, and are looked for once.
    """
    if _known:
        return _known[0]
    addresses = frozenset(_listening())
    if not addresses:
        return frozenset({settings().host})
    _known.append(addresses)
    return addresses


def is_exposed() -> bool:
    """Whether one of them is reachable from other machines."""
    return _any_exposed(bound_addresses())


@cache
def _any_exposed(addresses: frozenset[str]) -> bool:
    return not all(map(is_loopback, addresses))


def _listening() -> Iterator[str]:
    for path in Path("/dev/fd").iterdir():
        with suppress(OSError):  # it is closed by now: listing the folder opens a descriptor, too
            yield from _address(int(path.name))


def _address(descriptor: int) -> Iterator[str]:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return
    opened = socket.socket(fileno=descriptor)
    try:
        is_tcp = opened.family in (socket.AF_INET, socket.AF_INET6) and opened.type == socket.SOCK_STREAM
        if is_tcp and opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            yield opened.getsockname()[0]
    finally:
        opened.detach()
