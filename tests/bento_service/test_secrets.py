"""Passwords and keys are in no output, log, error, table or file but where they belong."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from diamonds.cli.settings import without_password
from diamonds.database import database_url, migrate, with_driver
from diamonds.settings import PROJECT
from tests.bento_service.conftest import STONE
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running, bearer, worker_serving
from tests.processes import wait_until

PASSWORD = "zq-p@ss%w#rd/marker"
KEY, UNKNOWN = "zq-marker-of-a-configured-key", "diamonds_0123456789ab_zq-marker-of-an-unknown-key"
MARKERS = (PASSWORD, quote(PASSWORD, safe=""), "w#rd/marker", KEY, UNKNOWN)
BAD_URLS = (
    f"postgresql://ann:{quote(PASSWORD, safe='')}@127.0.0.1:1/none",
    f"postgresql://ann:{PASSWORD}@127.0.0.1:1/none",
    f"postgresql://127.0.0.1:1/none?user=ann&password={quote(PASSWORD, safe='')}",
    f"mysql://ann:{PASSWORD}@127.0.0.1/none",
    f"ann:{PASSWORD}@127.0.0.1",
)


def leaks(*places: str | bytes, markers: tuple[str, ...] = MARKERS) -> list[str]:
    """The markers that are anywhere in these places."""
    texts = [place if isinstance(place, str) else place.decode("latin-1") for place in places]
    return [marker for marker in markers if any(marker in text for text in texts)]


def diamonds(*arguments: str, **settings: str) -> str:
    """What a command prints."""
    command = [sys.executable, "-m", "diamonds", *arguments]
    environment = {**os.environ, "DIAMONDS_API_KEYS": KEY, **settings}
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("url", BAD_URLS)
def test_the_list_of_settings_shows_no_password(url: str) -> None:
    assert leaks(without_password(url)) == []
    assert "127.0.0.1" in without_password(url)


@pytest.mark.parametrize("url", BAD_URLS)
@pytest.mark.parametrize("command", ["settings", "exchanges", "keys list"])
def test_no_command_prints_a_password_even_when_it_fails_verbosely(command: str, url: str) -> None:
    printed = diamonds("--verbose", *command.split(), DIAMONDS_DATABASE_URL=url, DIAMONDS_DATA=url)
    assert printed
    assert leaks(printed) == []


@dataclass(frozen=True, slots=True)
class Planted:
    """A service with markers in its settings, its home, and what it logged."""

    running: Running
    home: Path

    def markers(self) -> tuple[str, ...]:
        return (*MARKERS, self.running.key)

    def contents(self) -> Iterator[bytes]:
        """All that is in its files but in the one of the key, and in its log."""
        for path in [*self.home.rglob("*"), self.running.log]:
            if path.is_file() and path.name != "admin.key":
                yield path.read_bytes()


@pytest.fixture(scope="module", params=["reachable", "away"])
def planted(
    service: Running, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Planted]:
    """Its database takes any password, or is away."""
    migrate()
    folder = tmp_path_factory.mktemp("planted")
    (folder / "models").symlink_to(Path(os.environ["BENTOML_HOME"]) / "models")
    reachable = sa.make_url(database_url()).set(drivername="postgresql", password=PASSWORD)
    url = reachable.render_as_string(hide_password=False) if request.param == "reachable" else BAD_URLS[0]
    environment = {
        "BENTOML_HOME": str(folder),
        "DIAMONDS_HOME": str(folder / "home"),
        "DIAMONDS_API_KEYS": KEY,
        "DIAMONDS_DATABASE_URL": url,
    }
    with worker_serving(folder / "log", environment=environment, until="/readyz") as running:
        yield Planted(running, folder / "home")


def calls(planted: Planted) -> list[httpx.Response]:
    """Answers to requests that have a key in every place where a client may put it, right or wrong."""
    answers = []
    with planted.running.stranger() as client:
        for key in (KEY, UNKNOWN, planted.running.key):
            sent = {**bearer(key), "Cookie": f"key={key}", "X-Api-Key": key}
            answers += [
                client.post("/predict", json=STONE, headers=sent),
                client.get("/exchanges", params={"api_key": key}, headers=sent),
                client.post("/promotions", json={"version": "diamonds-linear:none"}, headers=sent),
                client.request("FOO", "/nothing", params={"token": key}, headers=sent),
                client.get("/keys/self", headers=sent),
                client.get("/metrics", headers=sent),
                client.get("/readyz", headers=sent),
            ]
    return answers


def test_no_secret_is_in_any_answer_log_or_file(planted: Planted) -> None:
    answers = calls(planted)
    places = [answer.content + str(answer.headers).encode() for answer in answers]
    assert leaks(*places, *planted.contents(), markers=planted.markers()) == []


def test_no_secret_is_in_any_table(planted: Planted, request: pytest.FixtureRequest) -> None:
    answers = [answer for answer in calls(planted) if answer.request.url.path in ("/predict", "/promotions")]
    if "away" in request.node.name:
        with planted.running.stranger() as client:
            wait_until(lambda: "database is away" in str(client.get("/readyz").headers))
        return
    for answer in answers:
        recorded(answer.headers["X-Exchange-Id"])
    engine = sa.create_engine(with_driver(database_url()))
    with engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        texts = [
            str(connection.exec_driver_sql(f'SELECT t::text FROM "{name}" t').all())  # noqa: S608
            for (name,) in tables.all()
        ]
    engine.dispose()
    assert leaks(*texts, markers=planted.markers()) == []
