"""Only what learned from the configured market, and is better on its stones, is promoted by itself."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import Dataset, without_report
from diamonds.diamond import COLUMNS
from diamonds.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold
from diamonds.models import spec_named
from diamonds.training.steps import load_and_store
from diamonds.training.train import train_version
from diamonds.versions import datasets, promotion, store
from diamonds.versions.changes import relabel
from diamonds.versions.integrity import MANIFEST
from diamonds.versions.reference import foreign_source
from diamonds.versions.version import ACCEPTED, NOT_BETTER, Version
from tests.conftest import model_store_in
from tests.versions.damaging import copied, copy_into


@pytest.fixture(scope="module")
def champion(real_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Version]:
    """The linear model of the configured market, which is champion in a store of its own."""
    with model_store_in(tmp_path_factory.mktemp("market") / "bentoml"):
        datasets.save(real_dataset)
        version = train_version(spec_named("linear"), real_dataset, trials=1, seed=0)
        assert promotion.promote_best([version]).promote
        yield store.get(version.tag)


@pytest.fixture(scope="module")
def foreign(champion: Version, real_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A version of the same model that learned from a hundred stones at other prices."""
    stones = pd.concat([real_dataset.training, real_dataset.hold_out])[list(COLUMNS)].iloc[::400]
    file = tmp_path_factory.mktemp("foreign") / "another-market.csv"
    stones.assign(price=stones["price"] * 2).to_csv(file, index=False)
    dataset, _ = load_and_store(str(file))
    labels = {ACCEPTED: NOT_BETTER}
    return train_version(spec_named("linear"), dataset, trials=1, seed=0, more_labels=labels)


def test_a_hundred_stones_of_another_market_never_take_the_throne_by_themselves(
    champion: Version, foreign: Version
) -> None:
    decision = promotion.promote_best([foreign])

    assert not decision.promote
    assert "another-market.csv, which is not the market that is configured" in decision.reason
    assert "DIAMONDS_DATA" in decision.reason
    assert quoting() == champion.tag
    assert store.newest("linear") == champion, "Nor does it quote for its model's name."


def quoting() -> str:
    present = store.champion()
    assert present is not None
    return present.labels["source"]


def test_it_meets_the_champion_on_the_stones_of_the_market(
    champion: Version, foreign: Version, real_dataset: Dataset
) -> None:
    decisions = [
        promotion.compare(champion.tag, foreign.tag),
        promotion.promote(foreign.tag),
    ]

    for decision in decisions:
        assert not decision.promote
        assert f"were compared on {len(without_report(real_dataset.hold_out)[0]):,} stones" in decision.reason
        assert "not better, but off by" in decision.reason
        assert f"held-out stones of its own data, which decide nothing here, the MAE of {foreign.tag} is" in (
            decision.reason
        )
    assert promotion.compare(foreign.tag, champion.tag).promote


def test_a_name_stays_with_its_version_where_a_newer_one_is_not_better(champion: Version) -> None:
    again = copied(champion, "again", **{ACCEPTED: NOT_BETTER})

    promotion.promote_best([again])

    newest = store.newest("linear")
    assert newest is not None
    assert newest.tag == champion.tag
    assert store.get(again.tag).is_trusted, "It may start searches and join ensembles all the same."


def with_errors_out_of_fold(version: Version, number: str, factor: float) -> Version:
    """A copy of a version whose errors out of fold are smaller by a factor; it quotes the same prices."""
    copy = copied(version, number, accepted=NOT_BETTER)
    found = OutOfFold.load(copy.folder)
    OutOfFold(found.price, found.price + factor * (found.predicted - found.price)).save(copy.folder)
    manifest = json.loads((copy.folder / MANIFEST).read_text())
    manifest[OUT_OF_FOLD_FILE] = hashlib.sha256((copy.folder / OUT_OF_FOLD_FILE).read_bytes()).hexdigest()
    (copy.folder / MANIFEST).write_text(json.dumps(manifest))
    return copy


@pytest.mark.parametrize(("factor", "looks"), [(1.0, False), (0.97, True)])
def test_what_is_no_better_out_of_fold_is_not_looked_at_on_the_hold_out(
    champion: Version, factor: float, looks: bool
) -> None:
    challenger = with_errors_out_of_fold(champion, f"screened{looks:d}", factor)

    decision = promotion.promote_best([challenger])

    assert not decision.promote
    assert ("the hold-out is not looked at" in decision.reason) is not looks
    assert ("were compared on" in decision.reason) is looks
    assert ("looks" in store.get(challenger.tag).labels) is looks


def test_each_challenger_is_a_further_look_and_meeting_again_is_none(
    champion: Version,
) -> None:
    looks = []
    for number in ("one", "two"):
        challenger = copied(champion, number)
        for _ in range(2):
            promotion.promote(challenger.tag)
            _, _, look = store.get(challenger.tag).labels["looks"].partition(f"{champion.tag}=")
            looks.append(int(look))

    assert looks == [looks[0], looks[0], looks[0] + 1, looks[0] + 1]


def test_where_nobody_quotes_either_a_foreign_version_needs_a_person_until_the_markets_own_wins(
    champion: Version, foreign: Version, real_dataset: Dataset, tmp_path: Path
) -> None:
    foreign_stones = datasets.find(foreign.labels["dataset"])
    assert foreign_stones is not None
    with model_store_in(tmp_path / "bentoml") as home:
        copy_into(home, foreign_stones)
        copy_into(home, foreign)
        decision = promotion.promote_best([store.get(foreign.tag)])

        assert not decision.promote
        assert f"nobody quotes yet, and `diamonds promote {foreign.tag}` lets it" in decision.reason
        assert promotion.promote(foreign.tag).promote
        relabel(store.get(foreign.tag), {ACCEPTED: "1"})

        datasets.save(real_dataset)
        copy_into(home, champion)
        own = relabel(store.get(champion.tag), {ACCEPTED: NOT_BETTER})

        assert promotion.promote_best([own]).promote
        assert store.accepted("linear")[0].tag == own.tag, "The name follows it."


def test_the_markets_own_stones_are_no_foreign_ones_where_they_were_uploaded_first(
    real_dataset: Dataset, empty_model_store: Path
) -> None:
    uploaded = real_dataset.report.model_copy(update={"source": "/uploads/stones.csv"})
    datasets.save(replace(real_dataset, report=uploaded))
    assert foreign_source(real_dataset.fingerprint) == "/uploads/stones.csv"

    for _ in range(2):
        stored = datasets.save(real_dataset)

    assert datasets.sources_of(stored) == ["/uploads/stones.csv", real_dataset.report.source]
    assert foreign_source(real_dataset.fingerprint) is None
    assert len(store.versions(datasets.DATASET)) == 1
