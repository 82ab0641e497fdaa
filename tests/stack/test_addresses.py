"""The hosts to which the servers bind: what is taken, and what is refused in one line."""

from typing import Any

import pytest

from diamonds.loopback import is_loopback
from diamonds.settings import Settings
from diamonds.stack.addresses import SERVERS, Address, address_of
from tests.stack.refused import refused_run


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost", "http://127.0.0.1:80"),
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104 - nothing binds here
        ("::", "http://[::1]:80"),
    ],
)
def test_a_server_is_reached_at_the_host_to_which_it_binds(host: str, url: str) -> None:
    assert Address(Settings(host=host).host, 80).url == url


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("::", False),
        (None, False),
    ],
)
def test_loopback_is_what_no_other_machine_reaches(host: str | None, loopback: bool) -> None:
    assert is_loopback(host) == loopback


def test_all_servers_are_on_loopback_by_default() -> None:
    assert [is_loopback(address_of(server).host) for server in SERVERS] == [True, True, True]


@pytest.mark.parametrize("setting", ["DIAMONDS_HOST", "DIAMONDS_DASHBOARD_HOST", "DIAMONDS_PREFECT_HOST"])
@pytest.mark.parametrize(
    ("host", "line"),
    [
        ("somewhere.example", "diamonds: Got {0}='somewhere.example'; expected an IP address, such as"),
        ("192.0.2.1", "diamonds: This machine has no address 192.0.2.1. Set {0} to one that it has."),
    ],
)
def test_a_host_to_which_nothing_can_bind_is_refused_in_one_line(setting: str, host: str, line: str) -> None:
    (refusal,) = refused_run({setting: host})

    assert refusal.startswith(line.format(setting))


@pytest.mark.parametrize(
    ("ports", "reason"),
    [
        ({"service_port": 0}, "greater than or equal to 1"),
        ({"prefect_port": -1}, "greater than or equal to 1"),
        ({"dashboard_port": 65536}, "less than or equal to 65535"),
        (
            {"service_port": 80, "dashboard_port": 80},
            "Got DIAMONDS_DASHBOARD_PORT=80, as DIAMONDS_SERVICE_PORT; expected a port for each.",
        ),
    ],
)
def test_a_port_on_which_nothing_can_listen_is_refused(ports: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Settings.model_validate(ports)


def test_servers_on_two_addresses_may_have_one_port() -> None:
    assert Settings(service_port=80, dashboard_port=80, dashboard_host="192.0.2.1").dashboard_port == 80
