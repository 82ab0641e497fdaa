"""``diamonds import``, ``accept``, ``delete`` and ``models``: versions are healed and take effect."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from diamonds.cli.app import app
from diamonds.model_files.transfer import export_version
from diamonds.versions import store
from diamonds.versions.version import Version
from tests.versions.damaging import copied, copy_into


def diamonds(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def stored(linear: Version, empty_model_store: Path) -> Version:
    copy_into(empty_model_store, linear)
    return store.get(linear.tag)


def test_a_damaged_version_is_named_with_its_remedies_and_healed_by_importing_it_again(
    stored: Version, tmp_path: Path
) -> None:
    file = tmp_path / "linear.bentomodel"
    file.write_bytes(export_version(stored.tag))
    assert f"{stored.tag} already" in diamonds("import-version", str(file)).stderr
    (stored.folder / "intervals.json").unlink()

    shown = diamonds("models").stderr
    assert f"intervals.json of {stored.tag} is missing or not the file that was saved." in shown
    assert "diamonds import-version FILE" in shown
    assert f"accept it with: diamonds accept {stored.tag}" in diamonds("import-version", str(file)).stdout

    assert diamonds("models").stderr == ""
    assert store.newest("linear") is None
    assert diamonds("accept", stored.tag).exit_code == 0
    assert store.newest("linear") == store.get(stored.tag)


def test_a_version_is_deleted_but_not_the_champion(stored: Version) -> None:
    other = copied(stored, "another")
    champion = store.promote(stored.tag, "it quotes")

    assert f"{other.tag} is deleted" in diamonds("delete", other.tag).stdout
    assert store.versions("linear") == [stored]
    refused = diamonds("delete", champion.tag)
    assert refused.exit_code == 2
    assert "promote another version first" in refused.stderr
    assert "which the model store does not have" in diamonds("delete", "diamonds-linear:nothing").stderr
    assert store.champion() == champion
