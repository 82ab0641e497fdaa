"""``diamonds promote``, ``rollback``, ``history`` and ``compare``, as somebody at a terminal uses them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from diamonds.cli.app import app
from diamonds.cli.promotions import NOT_PROMOTED
from diamonds.dataset import Dataset
from diamonds.models import spec_named
from diamonds.training.train import train_version
from diamonds.versions import store


def diamonds(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def tags(dataset: Dataset, empty_model_store: Path) -> list[str]:
    return [train_version(spec_named("linear"), dataset, trials=1, seed=seed).tag for seed in range(2)]


def test_a_version_is_promoted_if_it_is_better_or_by_force(tags: list[str]) -> None:
    assert diamonds("promote", tags[0]).exit_code == 0
    refused = diamonds("promote", tags[1])
    assert refused.exit_code == NOT_PROMOTED
    assert "fewer than 1,000, so a person has to decide" in refused.stdout
    assert diamonds("promote", tags[1], "--force").exit_code == 0

    rows = json.loads(diamonds("history", "--json").stdout)
    assert [row["version"] for row in rows] == [tags[1], tags[0]]
    assert "there was no champion" in rows[1]["reason"]


def test_a_rollback_brings_the_champion_before_back(tags: list[str]) -> None:
    for tag in tags:
        diamonds("promote", tag, "--force")

    answer = diamonds("rollback")

    champion = store.champion()
    assert champion is not None
    assert champion.labels["source"] == tags[0]
    assert answer.stdout.strip() == champion.labels["reason"]
    assert diamonds("rollback").exit_code == 1


def test_history_is_a_table_for_people(tags: list[str]) -> None:
    diamonds("promote", tags[0])

    assert "no champion" in " ".join(diamonds("history").stdout.split())


def test_comparing_says_who_would_win(tags: list[str]) -> None:
    answer = diamonds("compare", *tags)

    assert answer.exit_code == 0
    assert f"{tags[1]} (MAE" in answer.stdout
