"""Switches that hosts share by their model store or their database, and what holds while it is away."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from diamonds.database import database_url
from diamonds.settings import settings
from diamonds.versions import switches
from diamonds.versions.bentoml_store import root
from diamonds.versions.switches import Switch
from tests.versions.hosts import host

ASK = "from diamonds.versions.switches import *; print(why_paused(Switch.PROMOTION))"


def test_what_one_host_pauses_is_paused_on_the_other_and_everything_while_the_store_is_away(
    tmp_path: Path, files: list[str]
) -> None:
    shared = tmp_path / "shared"
    with (
        host(tmp_path / "first", f"file://{shared}") as first,
        host(tmp_path / "second", f"file://{shared}") as second,
    ):
        first.ask("promote", first.ask("import", files[0]))
        second.ask("sync")
        assert second.ask("paused", "promotion") is None
        first.ask("pause", "promotion", "Ann")
        assert second.ask("paused", "promotion").startswith("Ann paused the promotion")
        assert second.ask("paused", "loop") is None
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda each, by: each.ask("pause", "loop", by), (first, second), ("Bob", "Eve")))
        assert first.ask("paused", "loop") == second.ask("paused", "loop")
        assert len(list((shared / "switches").iterdir())) == 3
        shared.rename(tmp_path / "unmounted")
        assert second.ask("paused", "loop").startswith("Nobody can see whether the loop is paused, so it is")


@pytest.mark.usefixtures("empty_database")
def test_hosts_of_one_database_share_its_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    here = root().parent / "diamonds-switches.jsonl"
    before = here.read_bytes() if here.is_file() else b""
    monkeypatch.setenv("DIAMONDS_DATABASE_URL", database_url())
    settings.cache_clear()
    switches.set_switch(Switch.LOOP, paused=True, by="Ann", reason="Holidays.")
    switches.set_switch(Switch.PROMOTION, paused=True, by="Bob", reason="Audit.")
    switches.set_switch(Switch.PROMOTION, paused=False, by="Bob", reason="")
    assert [(each.switch, each.by, each.paused) for each in switches.changes()] == [
        ("promotion", "Bob", False),
        ("promotion", "Bob", True),
        ("loop", "Ann", True),
    ]
    assert str(switches.why_paused(Switch.LOOP)).endswith("UTC: Holidays.")
    assert switches.why_paused(Switch.PROMOTION) is None
    assert (here.read_bytes() if here.is_file() else b"") == before


def test_while_the_database_is_away_everything_counts_as_paused() -> None:
    environment = {**os.environ, "DIAMONDS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    asked = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True
    )
    assert asked.stdout.startswith("Nobody can see whether the promotion is paused, so it is: The database")
