"""Networks of their own on one machine, each on a cable that can be pulled; for root on Linux."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

CENTRE = f"10.213.{os.getpid() % 250}.1"
"""The address of the machine itself, which each network reaches."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network namespace with a loopback device and one cable to the machine."""

    name: str

    @property
    def inside(self) -> list[str]:
        """The command that runs another one in this network."""
        return ["ip", "netns", "exec", self.name]

    def cut_off(self) -> None:
        """Pulls the cable: nothing is refused, all is lost."""
        _ip("link", "set", self.name, "down")

    def connect(self) -> None:
        _ip("link", "set", self.name, "up")


@contextmanager
def networks(count: int) -> Iterator[list[Network]]:
    """So many networks, which reach ``CENTRE``, removed at the end. Skips where none can be made."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("Only root can make networks, by the program ip of the package iproute2.")
    with ExitStack() as stack:
        yield [stack.enter_context(_network(number)) for number in range(count)]


@contextmanager
def _network(number: int) -> Iterator[Network]:
    name = f"dm{os.getpid() % 100_000}n{number}"
    try:
        _ip("netns", "add", name)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"This machine makes no networks: {error.stderr}")
    try:
        _join(Network(name), number)
        yield Network(name)
    finally:
        _ip("netns", "delete", name)
        subprocess.run(["ip", "link", "delete", name], capture_output=True, check=False)  # goes with it


def _join(network: Network, number: int) -> None:
    """A cable with an address at each end, in a subnet of four."""
    start, name = CENTRE.rpartition(".")[0], network.name
    here, there = (f"{start}.{4 * number + end}" for end in (1, 2))
    _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("address", "add", f"{here}/30", "dev", name)
    _ip("link", "set", name, "up")
    for command in (
        ("link", "set", "lo", "up"),
        ("address", "add", f"{there}/30", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("route", "add", "default", "via", here),
    ):
        _ip("-netns", name, *command)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
