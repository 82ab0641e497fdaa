"""A damaged version is named and left out everywhere, and the newest whole champion is the champion."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from diamonds.versions import acceptance, changes, promotion, store
from diamonds.versions.integrity import DamagedVersion, damage
from diamonds.versions.refused import refused_versions
from diamonds.versions.version import Version
from tests.versions.damaging import DAMAGES, Damage, all_cases, copied, copy_into, cut, rewrite

TWICE = """
import sys
from diamonds.versions import store
from diamonds.versions.integrity import damage

opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
reasons = [damage(store.get(sys.argv[1])) for _ in range(3)]
import json
print(json.dumps([reasons, opened]))
"""


@pytest.fixture
def whole(linear: Version, empty_model_store: Path) -> Version:
    """A version in a store of its own, which was promoted."""
    copy_into(empty_model_store, linear)
    store.promote(linear.tag, "the first")
    return store.get(linear.tag)


def damage_file(version: Version, name: str, do: Damage) -> None:
    (path,) = version.folder.rglob(name)
    do(path)


@pytest.mark.parametrize("do", DAMAGES, ids=lambda do: do.__name__)
def test_the_newest_whole_champion_is_the_champion_whatever_file_of_a_newer_one_is_damaged(
    whole: Version, do: Damage
) -> None:
    first = store.champion()
    cases = [each for each in all_cases(whole) if each[1] is do]
    damaged = []
    for name, _ in cases:
        damaged.append(store.promote(whole.tag, f"its {name} is damaged then"))
        damage_file(damaged[-1], name, do)

        assert store.champion() == first, name
    refused = {each.tag: each for each in refused_versions()}
    assert refused.keys() == {version.tag for version in damaged}
    for version, (name, _) in zip(damaged, cases, strict=True):
        assert name in refused[version.tag].reason
        assert f"diamonds delete {version.tag}" in refused[version.tag].remedy
    with pytest.raises(store.NoChampion, match="was the first champion"):
        promotion.rollback()


@pytest.mark.parametrize("do", DAMAGES, ids=lambda do: do.__name__)
def test_a_damaged_version_is_left_out_of_its_model_whatever_file_is_damaged(
    whole: Version, do: Damage
) -> None:
    for place, (name, _) in enumerate(each for each in all_cases(whole) if each[1] is do):
        copy = copied(whole, f"damaged{place}")
        damage_file(copy, name, do)

        assert store.versions("linear") == [whole], name
        assert store.newest("linear") == whole
        with pytest.raises(DamagedVersion, match=name):
            promotion.promote(copy.tag, force=True)
        changes.delete(copy.tag)
    assert refused_versions() == []


def test_the_version_itself_is_saved_again_where_the_newest_one_is_damaged(
    whole: Version, train_linear: Callable[[], Version]
) -> None:
    damage_file(whole, "model.yaml", cut)
    (whole.folder.parent / "latest").write_text(whole.folder.name)

    again = train_linear()

    assert store.versions("linear") == [again]


def test_a_damaged_version_is_hashed_once_and_not_each_time_that_it_is_looked_at(whole: Version) -> None:
    damage_file(whole, "similar.npy", cut)

    command = [sys.executable, "-c", TWICE, whole.tag]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)

    reasons, opened = json.loads(done.stdout)
    assert len(set(reasons)) == 1
    assert "similar.npy" in reasons[0]
    assert Counter(opened)[str(whole.folder / "similar.npy")] == 1


def test_a_healed_version_is_taken_again(whole: Version, linear: Version) -> None:
    damage_file(whole, "intervals.json", cut)
    assert damage(whole)

    content = (linear.folder / "intervals.json").read_bytes()
    (whole.folder / "intervals.json").write_bytes(content)

    assert store.versions("linear") == [whole]


def test_a_promotion_takes_effect_whatever_the_clock_says(whole: Version) -> None:
    (first,) = store.history()
    later = (first.created_at + timedelta(days=40)).isoformat()
    rewrite(first.folder, lambda content: content | {"creation_time": later})

    second = store.promote(whole.tag, "though the clock went back 40 days")

    assert store.champion() == second
    assert [each.tag for each in store.history()] == [second.tag, first.tag]


def test_a_history_from_before_promotions_had_numbers_goes_on(whole: Version) -> None:
    store.promote(whole.tag, "the second")
    for champion in store.history():
        rewrite(champion.folder, without_number)
    old = [each.labels["reason"] for each in store.history()]

    store.promote(whole.tag, "the third")

    assert old == ["the second", "the first"]
    assert [each.labels["reason"] for each in store.history()] == ["the third", *old]


def without_number(content: dict[str, Any]) -> dict[str, Any]:
    labels = {name: value for name, value in content["labels"].items() if name != "promotion"}
    return content | {"labels": labels}


def test_only_an_accepted_version_quotes_for_its_models_name(whole: Version) -> None:
    waiting = copied(whole, "waiting", accepted="no")
    assert store.newest("linear") == whole

    acceptance.accept(waiting.tag)

    newest = store.newest("linear")
    assert newest is not None
    assert newest.tag == waiting.tag
    assert int(newest.labels["accepted"]) == int(whole.labels.get("accepted", 0)) + 1
