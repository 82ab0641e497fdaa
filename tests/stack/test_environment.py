"""The variables of the processes of ``diamonds run``: Prefect's strings and URL, and proxies."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from diamonds.settings import InvalidSettings, settings
from diamonds.stack import prefect
from diamonds.stack.addresses import address_of
from diamonds.stack.environment import environment
from diamonds.stack.parts import dashboard, parts, server, service
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


def names() -> list[str]:
    with socket.socket() as listener:
        return [part.name for part in parts([listener])]


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

    assert "prefect" not in names()
    assert environment("schedules")["PREFECT_API_URL"] == ELSEWHERE
    assert strings("schedules") == {}
    given(monkeypatch, **{CLIENTS: "user:theirs"})
    assert strings("schedules") == {CLIENTS: "user:theirs"}


def test_our_own_server_is_started_when_its_url_is_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, PREFECT_API_URL=f"http://localhost:{settings().prefect_port}/api")

    assert "prefect" in names()
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

    assert address_of("service").host == "0.0.0.0"  # noqa: S104
    for part in (server(), dashboard()):
        assert "127.0.0.1" in part.command
        assert "0.0.0.0" not in part.command  # noqa: S104


def test_prefects_home_is_that_of_the_stack_unless_it_is_set(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_HOME")
    assert environment("prefect")["PREFECT_HOME"] == str(home / "prefect")
    given(monkeypatch, PREFECT_HOME="/elsewhere")
    assert environment("prefect")["PREFECT_HOME"] == "/elsewhere"
    monkeypatch.delenv("PREFECT_HOME")
    given(monkeypatch, PREFECT_API_URL=ELSEWHERE)
    assert "PREFECT_HOME" not in environment("schedules")


def test_prefects_database_may_be_in_a_home_with_any_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_HOME")
    given(monkeypatch, DIAMONDS_HOME=str(home / "a b%25?"))
    variable = "PREFECT_SERVER_DATABASE_CONNECTION_URL"

    assert sa.make_url(environment("prefect")[variable]).database == str(
        home / "a b%25?" / "prefect" / "prefect.db"
    )
    given(monkeypatch, PREFECT_API_DATABASE_CONNECTION_URL="postgresql+asyncpg://db/prefect")
    assert variable not in environment("prefect")


@pytest.mark.usefixtures("home")
def test_a_configuration_of_bentoml_is_served_by_bentoml_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "bento_service.worker" in service([])[0].command
    given(monkeypatch, BENTOML_CONFIG="/etc/bentoml.yaml")

    assert "serve" in service([])[0].command


@pytest.mark.usefixtures("home")
def test_each_worker_of_the_service_is_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, DIAMONDS_SERVICE_WORKERS="2")

    assert [part.name for part in service([])] == ["service-1", "service-2"]


@pytest.mark.usefixtures("home")
def test_no_part_waits_for_commands_or_ends_at_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, PYTHONINSPECT="1", PYTHONWARNINGS="error")

    assert environment("service").keys().isdisjoint({"PYTHONINSPECT", "PYTHONWARNINGS"})
    assert environment("service")["PYTHONUTF8"] == "1"


def test_no_proxy_stands_between_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, HTTP_PROXY="http://proxy.example:3128", NO_PROXY="intranet.example")

    excepted = environment("schedules")["NO_PROXY"].split(",")
    assert {"intranet.example", "127.0.0.1", "localhost", "::1"} <= set(excepted)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("url", ["nonsense", "host:4200", "ftp://host", "http://", "http://host:99999/api"])
def test_a_url_of_prefect_that_is_none_is_refused_by_its_name(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, PREFECT_API_URL=url)

    with pytest.raises(InvalidSettings, match=f"Got PREFECT_API_URL='{url}'; expected a URL, such as"):
        prefect.api_url()


def test_two_strings_that_contradict_one_another_are_refused_in_one_line() -> None:
    (refusal,) = refused_run({CLIENTS: "user:one", SERVER: "user:other"})

    assert refusal.startswith(f"diamonds: Got {CLIENTS} other than {SERVER}")
