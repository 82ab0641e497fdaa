"""Who becomes champion, why, and that nothing gets in between."""

import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from diamonds.dataset import Dataset
from diamonds.models import spec_named
from diamonds.training.train import train_version
from diamonds.versions import datasets, promotion, store
from diamonds.versions.integrity import DamagedVersion
from diamonds.versions.retention import retire, retire_datasets
from diamonds.versions.store import NoChampion, UnknownVersion
from diamonds.versions.version import Version
from tests.conftest import model_store_in


@pytest.fixture(scope="module")
def trained_once(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store with three versions of the linear model, alike."""
    with model_store_in(tmp_path_factory.mktemp("trained") / "bentoml") as home:
        for seed in range(3):
            train_version(spec_named("linear"), dataset, trials=1, seed=seed)
        return home


@pytest.fixture
def versions(trained_once: Path, empty_model_store: Path) -> list[Version]:
    """The three versions in a store of this test's own, the oldest first."""
    shutil.copytree(trained_once, empty_model_store, dirs_exist_ok=True)
    return store.versions("linear")[::-1]


def sources() -> list[str]:
    return [version.labels["source"] for version in store.history()]


def test_promotions_are_remembered_with_their_reasons(versions: list[Version]) -> None:
    first = promotion.promote_best(versions[:1])
    second = promotion.promote_best(versions[1:2])
    forced = promotion.promote(versions[2].tag, force=True)

    assert [first.promote, second.promote, forced.promote] == [True, False, True]
    assert sources() == [versions[2].tag, versions[0].tag]
    assert [version.labels["reason"] for version in store.history()] == [forced.reason, first.reason]


def test_rolling_back_goes_back_one_champion_at_a_time(versions: list[Version]) -> None:
    a, b, c = (version.tag for version in versions)
    for tag in (a, b, c):
        promotion.promote(tag, force=True)

    promotion.rollback()
    assert sources() == [b, c, b, a]
    promotion.rollback()
    assert sources()[0] == a
    with pytest.raises(NoChampion, match="was the first champion"):
        promotion.rollback()
    assert sources() == [a, b, c, b, a]


def test_a_champion_promoted_again_by_hand_is_rolled_back_from_like_any_other(
    versions: list[Version],
) -> None:
    a, b, *_ = (version.tag for version in versions)
    for tag in (a, b, a):
        promotion.promote(tag, force=True)
    promotion.rollback()
    assert sources()[0] == b
    promotion.rollback()
    assert sources()[0] == a


def test_there_is_nothing_to_roll_back_from_without_a_champion(empty_model_store: Path) -> None:
    with pytest.raises(NoChampion):
        promotion.rollback()


def test_a_champion_of_before_comes_back_even_if_its_version_was_deleted(versions: list[Version]) -> None:
    import bentoml

    promotion.promote(versions[0].tag, force=True)
    promotion.promote(versions[1].tag, force=True)
    bentoml.models.delete(versions[0].tag)

    promotion.rollback()

    champion = store.champion()
    assert champion is not None
    assert champion.labels["source"] == versions[0].tag
    store.load(champion)


def test_a_damaged_version_is_refused_by_the_name_of_its_file(versions: list[Version]) -> None:
    promotion.promote(versions[0].tag, force=True)
    with (versions[1].folder / "intervals.json").open("a") as file:
        file.write(" ")

    for force in (True, False):
        with pytest.raises(DamagedVersion, match=r"intervals\.json"):
            promotion.promote(versions[1].tag, force=force)
    assert sources() == [versions[0].tag]


def test_a_damaged_champion_gives_way(versions: list[Version]) -> None:
    promotion.promote(versions[0].tag, force=True)
    champion = store.champion()
    assert champion is not None
    (champion.folder / "coefficients.json").unlink()

    decision = promotion.promote_best(versions[1:2])

    assert decision.promote
    assert "coefficients.json" in decision.reason


def test_a_version_that_does_not_exist_cannot_be_promoted(empty_model_store: Path) -> None:
    with pytest.raises(UnknownVersion, match="diamonds-linear:nothing"):
        promotion.promote("diamonds-linear:nothing")


def test_comparing_changes_nothing(versions: list[Version]) -> None:
    decision = promotion.compare(versions[0].tag, versions[1].tag)

    assert not decision.promote
    assert versions[0].tag in decision.reason
    assert store.champion() is None


def test_promotions_at_once_take_turns(versions: list[Version]) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        decisions = list(
            pool.map(partial(promotion.promote, force=True), [each.tag for each in versions] * 4)
        )

    champion = store.champion()
    assert champion is not None
    assert champion.tag == store.history()[0].tag
    assert len(decisions) == len(sources()) == 12
    for version in store.history():
        store.load(version)


def test_old_versions_go_but_never_one_that_was_champion(versions: list[Version]) -> None:
    promotion.promote(versions[0].tag, force=True)

    gone = retire("linear", keep=1)

    assert gone == [versions[1].tag]
    assert [version.tag for version in store.versions("linear")] == [versions[2].tag, versions[0].tag]


def test_old_datasets_go_but_none_that_a_version_was_trained_on(
    versions: list[Version], dataset: Dataset
) -> None:
    saved = [
        datasets.save(replace(dataset, fingerprint=fingerprint))
        for fingerprint in (versions[0].labels["dataset"], "older", "newer")
    ]

    assert retire_datasets(keep=1) == [saved[1].tag]
    assert store.versions(datasets.DATASET) == [saved[2], saved[0]]


@pytest.mark.parametrize("half", ["diamonds-champion", "diamonds-linear"])
def test_a_version_that_is_half_saved_is_none_yet(versions: list[Version], half: str) -> None:
    promotion.promote(versions[0].tag, force=True)
    champion, listed = store.champion(), store.versions("linear")
    models = versions[0].folder.parents[1]
    (models / half / "0123456789abcdef").mkdir()

    assert champion is not None
    assert store.champion() == champion
    assert store.history() == [champion]
    assert store.versions("linear") == listed


def test_the_champion_is_found_while_the_note_of_the_newest_is_written(versions: list[Version]) -> None:
    promotion.promote(versions[0].tag, force=True)
    champion = store.champion()
    (versions[0].folder.parents[1] / "diamonds-champion" / "latest").write_text("")

    assert champion is not None
    assert store.champion() == champion
