"""The variables of the processes of ``diamonds run``: Prefect's strings and URL, and proxies."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from diamonds.settings import settings
from diamonds.stack import prefect
from diamonds.stack.supervisor import environment, processes
from tests.stack.refused import refused_run

CLIENTS, SERVER = "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"
ELSEWHERE = "http://prefect.example:4200/api"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own; variables are read again after ``given`` has set them."""
    monkeypatch.setenv("DIAMONDS_HOME", str(tmp_path))
    _forget()
    yield tmp_path
    monkeypatch.undo()
    _forget()


def given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    _forget()


def _forget() -> None:
    settings.cache_clear()
    prefect.variables.cache_clear()


def strings(process: str) -> dict[str, str]:
    return {name: value for name, value in environment(process).items() if name in (CLIENTS, SERVER)}


def test_the_string_is_made_once_and_handed_to_those_that_need_it(home: Path) -> None:
    made = strings("prefect")[SERVER]

    assert (home / "prefect.auth").read_text() == made
    assert stat.S_IMODE((home / "prefect.auth").stat().st_mode) == 0o600
    assert len(made) > 40
    assert strings("prefect") == {SERVER: made}
    assert strings("schedules") == strings("dashboard") == {CLIENTS: made}
    assert strings("service") == {}


@pytest.mark.parametrize("variable", [CLIENTS, SERVER])
def test_a_string_of_the_user_is_the_servers_and_the_clients(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    given(monkeypatch, **{variable: "user:theirs"})

    assert strings("prefect") == {SERVER: "user:theirs"}
    assert strings("schedules") == {CLIENTS: "user:theirs"}
    assert strings("service") == {}
    assert not (home / "prefect.auth").exists()


def test_another_server_is_used_without_starting_one_or_handing_it_our_string(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefect.ensure_auth_string()
    given(monkeypatch, PREFECT_API_URL=ELSEWHERE)

    assert "prefect" not in processes()
    assert environment("schedules")["PREFECT_API_URL"] == ELSEWHERE
    assert strings("schedules") == {}
    given(monkeypatch, **{CLIENTS: "user:theirs"})
    assert strings("schedules") == {CLIENTS: "user:theirs"}


def test_our_own_server_is_started_when_its_url_is_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, PREFECT_API_URL=f"http://localhost:{settings().prefect_port}/api")

    assert "prefect" in processes()
    assert set(strings("schedules")) == {CLIENTS}


@pytest.mark.usefixtures("home")
def test_settings_of_prefects_server_keep_their_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = "PREFECT_SERVER_CORS_ALLOWED_ORIGINS"
    assert "http://localhost:4200" in environment("prefect")[origins].split(",")
    given(monkeypatch, **{origins: "https://prefect.example"})

    assert environment("prefect")[origins] == "https://prefect.example"


@pytest.mark.usefixtures("home")
def test_opening_the_service_opens_neither_prefect_nor_the_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, DIAMONDS_HOST="0.0.0.0")  # noqa: S104 - nothing binds here

    hosts = environment("prefect")
    assert hosts["DIAMONDS_HOST"] == "0.0.0.0"  # noqa: S104
    assert hosts["DIAMONDS_PREFECT_HOST"] == hosts["DIAMONDS_DASHBOARD_HOST"] == "127.0.0.1"


@pytest.mark.usefixtures("home")
def test_no_proxy_stands_between_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, HTTP_PROXY="http://proxy.example:3128", NO_PROXY="intranet.example")

    excepted = environment("schedules")["NO_PROXY"].split(",")
    assert {"intranet.example", "127.0.0.1", "localhost", "::1"} <= set(excepted)


def test_two_strings_that_contradict_one_another_are_refused_in_one_line() -> None:
    (refusal,) = refused_run({CLIENTS: "user:one", SERVER: "user:other"})

    assert refusal.startswith(f"diamonds: Got {CLIENTS} other than {SERVER}")
