"""``diamonds keys`` makes, lists, revokes and rotates keys."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from diamonds.cli.app import app
from diamonds.database import engine, migrate
from diamonds.keys import database
from diamonds.keys.database import BadKeyName
from diamonds.keys.keyring import Keyring
from diamonds.keys.scopes import Scope
from diamonds.settings import settings


def diamonds(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def rows(name: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(diamonds("list", "--json").stdout)
    return [row for row in listed if row["name"] == name]


@pytest.fixture
def name() -> str:
    """A name that no other key has."""
    migrate()
    return f"key-{uuid4().hex[:12]}"


def keyring() -> Keyring:
    """The keys that a service would accept now."""
    ring = Keyring(settings().home, [])
    ring.renew()
    return ring


def test_a_key_is_printed_alone_and_once_and_stored_as_a_hash(name: str) -> None:
    command = [sys.executable, "-m", "diamonds", "keys", "add", name, "--scope", "quote", "--scope", "read"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    key = made.stdout.strip()
    assert made.returncode == 0, made.stderr
    assert key not in made.stderr
    (row,) = rows(name)
    assert row["scopes"] == ["quote", "read"]
    assert (row["expires_at"], row["last_used_at"], row["revoked_at"]) == (None, None, None)
    assert key.startswith(f"diamonds_{row['id']}_")
    with engine().connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT api_keys::text FROM api_keys").all())
    assert key not in stored
    assert key.split("_", 2)[2] not in stored
    found = keyring().find(key.encode())
    assert found is not None
    assert found.name == name
    assert found.scopes == {Scope.QUOTE, Scope.READ}


def test_the_table_shows_each_key_on_a_line_of_its_own(name: str) -> None:
    database.add(name, [Scope.FEEDBACK])
    listed = diamonds("list").stdout
    (line,) = [line for line in listed.splitlines() if name in line]
    assert "feedback" in line


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_revoked_key_is_refused_and_still_listed(name: str, by: str) -> None:
    key = database.add(name, [Scope.QUOTE])
    assert diamonds("revoke", rows(name)[0][by]).exit_code == 0
    assert rows(name)[0]["revoked_at"] is not None
    assert keyring().find(key.encode()) is None
    assert diamonds("revoke", name).exit_code == 1


def test_a_rotated_key_is_replaced_by_one_with_its_name_and_scopes(name: str) -> None:
    old = database.add(name, [Scope.QUOTE, Scope.FEEDBACK])
    new = diamonds("rotate", name).stdout.strip()
    ring = keyring()
    assert ring.find(old.encode()) is None
    found = ring.find(new.encode())
    assert found is not None
    assert found.name == name
    assert found.scopes == {Scope.QUOTE, Scope.FEEDBACK}


def test_a_key_is_made_rotated_and_revoked_with_one_document_each(name: str) -> None:
    made = json.loads(diamonds("add", name, "--scope", "quote", "--json").stdout)
    rotated = json.loads(diamonds("rotate", name, "--json").stdout)
    assert (made["name"], made["scopes"], rotated["name"]) == (name, ["quote"], name)
    found = keyring().find(rotated["key"].encode())
    assert found is not None
    assert found.id == rotated["id"] != made["id"]
    assert json.loads(diamonds("revoke", name, "--json").stdout) == {"name": name, "revoked": 1}


def test_a_rotated_key_stays_valid_for_the_grace_that_was_given(name: str) -> None:
    old = database.add(name, [Scope.QUOTE])
    new = diamonds("rotate", name, "--grace", "3600").stdout.strip()
    ring = keyring()
    assert ring.find(old.encode()) is not None
    assert ring.find(new.encode()) is not None
    diamonds("revoke", name)
    assert [keyring().find(key.encode()) for key in (old, new)] == [None, None]


def test_a_key_expires_after_its_days(name: str) -> None:
    key = database.add(name, [Scope.QUOTE], datetime.now(UTC) + timedelta(hours=1))
    assert keyring().find(key.encode()) is not None
    expired = database.add(f"{name}-expired", [Scope.QUOTE], datetime.now(UTC) - timedelta(seconds=1))
    assert keyring().find(expired.encode()) is None
    assert diamonds("add", f"{name}-days", "--scope", "quote", "--days", "30").exit_code == 0
    assert rows(f"{name}-days")[0]["expires_at"] is not None


@pytest.mark.parametrize("bad", ["", "admin.key", "DIAMONDS_API_KEYS", "a/b", "x" * 101, "<b>", "a\nb"])
def test_a_name_that_no_key_can_have_is_refused(bad: str) -> None:
    with pytest.raises(BadKeyName, match=r"Got the name .*; expected"):
        database.add(bad, [Scope.QUOTE])


def test_a_name_has_one_active_key_and_a_second_is_refused_in_one_line(name: str) -> None:
    database.add(name, [Scope.QUOTE])
    refused = diamonds("add", name, "--scope", "quote")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "rotate or revoke" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["revoke", "rotate"])
def test_an_unknown_key_is_named(command: str, name: str) -> None:
    refused = diamonds(command, name)
    assert refused.exit_code == 1
    assert name in refused.stderr


@pytest.mark.parametrize("options", [(), ("--scope", "everything"), ("--scope", "quote", "--days", "-1")])
def test_a_key_needs_a_scope_that_there_is(options: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, ["keys", "add", "shop", *options]).exit_code == 2
