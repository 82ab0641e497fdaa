"""A start that would leave the service open to everybody ends with one line that says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from diamonds.settings import PROJECT
from tests.processes import free_port

ANY = "0.0.0.0"  # noqa: S104
NO_DATABASE = "postgresql://ann:s3cret-p%40ss@127.0.0.1:1/none"
KEY = "a-key-of-the-settings"


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
def test_beyond_loopback_nothing_starts_without_a_key(tmp_path: Path, host: str) -> None:
    line = refused(tmp_path, "--host", host)
    assert f"Got the address {host}, which other machines reach, and there is no API key" in line
    assert "`diamonds keys add NAME --scope quote` or set DIAMONDS_API_KEYS" in line


def test_the_address_may_come_from_a_variable_of_bentoml_or_from_the_settings(tmp_path: Path) -> None:
    assert ANY in refused(tmp_path, BENTOML_HOST=ANY)
    assert ANY in refused(tmp_path, DIAMONDS_HOST=ANY)


def test_keys_that_cannot_be_read_do_not_count(tmp_path: Path) -> None:
    line = refused(tmp_path, "--host", ANY, DIAMONDS_DATABASE_URL=NO_DATABASE)
    assert "the database cannot be read for keys" in line
    assert "s3cret" not in line


def test_a_revoked_key_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add = "from diamonds.database import migrate; from diamonds.keys import database as d; migrate(); "
    add += "d.add('shop', ['quote']); d.revoke('shop')"
    environment = {**os.environ, "DIAMONDS_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", add], env=environment, cwd=PROJECT, check=True)
    assert "there is no API key" in refused(tmp_path, "--host", ANY)


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


@pytest.mark.parametrize(
    "origin", ["app.example", "https://app.example/", "https://*.example", "null", "ftp://x"]
)
def test_an_origin_that_is_none_ends_the_start(tmp_path: Path, origin: str) -> None:
    assert "expected a scheme and a host" in refused(tmp_path, DIAMONDS_CORS_ORIGINS=origin)


def test_diamonds_run_starts_nothing_without_a_key_either(tmp_path: Path) -> None:
    ports = {f"DIAMONDS_{name}_PORT": str(free_port()) for name in ("SERVICE", "DASHBOARD", "PREFECT")}
    environment = {**os.environ, "DIAMONDS_HOME": str(tmp_path), "DIAMONDS_HOST": ANY, **ports}
    command = [sys.executable, "-m", "diamonds", "run"]
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"diamonds: Got the address {ANY}")
    assert done.stderr.count("\n") == 1
