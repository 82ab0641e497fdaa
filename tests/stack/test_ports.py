"""The sockets of the service: on both addresses of loopback, and refused with who holds the port."""

import os
import socket
from collections.abc import Iterator

import pytest

from diamonds.settings import settings
from diamonds.stack import prefect
from diamonds.stack.ports import PortTaken, service_sockets
from tests.cli.running import free_ports

pytestmark = pytest.mark.usefixtures("own_ports")


@pytest.fixture
def own_ports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, port in free_ports().items():
        monkeypatch.setenv(f"DIAMONDS_{name.upper()}", str(port))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
    prefect.variables.cache_clear()


def bind(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DIAMONDS_HOST", host)
    settings.cache_clear()


def answers(host: str) -> bool:
    try:
        socket.create_connection((host, settings().service_port), timeout=5).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="the system has no IPv6")


@needs_ipv6
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "::"])
def test_both_addresses_of_loopback_answer_whatever_a_name_means_first(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind(monkeypatch, host)

    with service_sockets():
        assert answers("127.0.0.1")
        assert answers("::1")
    assert not answers("127.0.0.1")


@needs_ipv6
@pytest.mark.parametrize("port", ["service_port", "dashboard_port"])
def test_a_program_on_the_other_address_is_in_the_way_and_named(port: str) -> None:
    with socket.socket(socket.AF_INET6) as other:
        other.bind(("::1", getattr(settings(), port)))
        other.listen()

        with pytest.raises(PortTaken, match=f"of ::1 is taken by process {os.getpid()} "), service_sockets():
            pass
