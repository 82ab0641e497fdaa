"""A start that would leave the service open to everybody ends with one line that says what to do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from diamonds.database import database_url, engine
from diamonds.settings import PROJECT
from tests.processes import free_port

ANY = "0.0.0.0"  # noqa: S104
NO_DATABASE = "postgresql://ann:s3cret-p%40ss@127.0.0.1:1/none"
KEY = "a-key-of-the-settings"
ADD_AND_REVOKE = """
from diamonds.database import migrate
from diamonds.keys import database
migrate()
database.add("shop", ["quote"])
database.revoke("shop")
"""


@pytest.fixture(scope="module")
def no_keys() -> Iterator[str]:
    """The URL of a database without keys."""
    name = f"no_keys_{uuid4().hex}"
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        url = sa.make_url(database_url()).set(database=name, drivername="postgresql")
        yield url.render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def refused(home: Path, *options: str, **settings: str) -> str:
    """The one line with which ``bentoml serve`` ends."""
    command = [sys.executable, "-m", "bentoml", "serve", str(PROJECT), "--port", str(free_port()), *options]
    environment = {**os.environ, "DIAMONDS_HOME": str(home), **settings}
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("host", [ANY, "::"])
def test_beyond_loopback_nothing_starts_without_a_key(no_keys: str, tmp_path: Path, host: str) -> None:
    line = refused(tmp_path, "--host", host, DIAMONDS_DATABASE_URL=no_keys)
    assert f"Got the address {host}, which other machines reach, and there is no API key" in line
    assert "`diamonds keys add NAME --scope quote` or set DIAMONDS_API_KEYS" in line


@pytest.mark.parametrize("name", ["BENTOML_HOST", "DIAMONDS_HOST"])
def test_the_address_may_come_from_a_variable(no_keys: str, tmp_path: Path, name: str) -> None:
    assert ANY in refused(tmp_path, DIAMONDS_DATABASE_URL=no_keys, **{name: ANY})


def test_keys_that_cannot_be_read_do_not_count(tmp_path: Path) -> None:
    line = refused(tmp_path, "--host", ANY, DIAMONDS_DATABASE_URL=NO_DATABASE)
    assert "the database cannot be read for keys" in line
    assert "s3cret" not in line


def test_a_revoked_key_does_not_count(no_keys: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DIAMONDS_DATABASE_URL": no_keys}
    subprocess.run([sys.executable, "-c", ADD_AND_REVOKE], env=environment, cwd=PROJECT, check=True)
    line = refused(tmp_path, "--host", ANY, DIAMONDS_DATABASE_URL=no_keys)
    assert "there is no API key" in line


@pytest.mark.parametrize(
    "keys", ["short", '["a-key-of-the-settings", ""]', "ein-schlüssel-mit-umlaut", "a b" * 9]
)
def test_a_key_that_is_none_ends_the_start_and_is_not_shown(tmp_path: Path, keys: str) -> None:
    line = refused(tmp_path, DIAMONDS_API_KEYS=keys)
    assert "expected 16 to 512 visible ASCII characters" in line
    assert keys not in line


def test_any_origin_may_not_call_beyond_loopback(tmp_path: Path) -> None:
    line = refused(tmp_path, "--host", ANY, DIAMONDS_API_KEYS=KEY, DIAMONDS_CORS_ORIGINS="*")
    assert "DIAMONDS_CORS_ORIGINS=*" in line


@pytest.mark.parametrize("origin", ["app.example", "https://*.example"])
def test_an_origin_that_is_none_ends_the_start(tmp_path: Path, origin: str) -> None:
    assert "expected a scheme and a host" in refused(tmp_path, DIAMONDS_CORS_ORIGINS=origin)


def test_diamonds_run_starts_nothing_without_a_key_either(no_keys: str, tmp_path: Path) -> None:
    ports = {f"DIAMONDS_{name}_PORT": str(free_port()) for name in ("SERVICE", "DASHBOARD", "PREFECT")}
    environment = {**os.environ, "DIAMONDS_HOME": str(tmp_path), "DIAMONDS_HOST": ANY, **ports}
    environment["DIAMONDS_DATABASE_URL"] = no_keys
    command = [sys.executable, "-m", "diamonds", "run"]
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"diamonds: Got the address {ANY}")
    assert done.stderr.count("\n") == 1
