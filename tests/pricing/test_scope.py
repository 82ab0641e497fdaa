"""A version quotes stones of the grades that it has learned, in the currency of its market."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diamonds.dataset import Dataset, load_dataset
from diamonds.diamond import Diamond, GradedWeight
from diamonds.grades import GRADES
from diamonds.models import spec_named
from diamonds.models.features import rows_of
from diamonds.pricing.explanation import explain
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.pricing.scope import Scope, UnlearnedGrade
from diamonds.pricing.similar import SimilarStones
from diamonds.settings import settings
from diamonds.training.train import train_version
from tests.conftest import model_store_in

STONE = {"carat": 1.0, "cut": "Ideal", "color": "G", "clarity": "VS2"}


@pytest.fixture(scope="module")
def wide(few_stones: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    """Stones with colors K and M, clarity FL and none of D, in EUR."""
    stones = pd.read_csv(few_stones)
    stones = stones[stones["color"] != "D"].reset_index(drop=True)
    every = np.arange(len(stones)) % 8
    low = stones["price"] * np.where(every == 0, 0.7, np.where(every == 1, 0.5, 1.0))
    stones["color"] = np.where(every == 0, "K", np.where(every == 1, "M", stones["color"]))
    stones["clarity"] = np.where(every == 2, "FL", stones["clarity"])
    path = tmp_path_factory.mktemp("wide") / "wide.csv"
    stones.assign(price=low.round(2), currency="EUR").to_csv(path, index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIAMONDS_CURRENCY", "EUR")
        settings.cache_clear()
        yield load_dataset(path)
    settings.cache_clear()


@pytest.fixture(scope="module", params=["linear", "mlp"])
def pricer(
    request: pytest.FixtureRequest, wide: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pricer]:
    with model_store_in(tmp_path_factory.mktemp(request.param) / "bentoml"):
        yield load_pricer(train_version(spec_named(request.param), wide, trials=1, seed=0))


@pytest.fixture
def extrapolates(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DIAMONDS_EXTRAPOLATE_GRADES", "true")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def price(pricer: Pricer, **grades: str) -> float:
    stone, _ = pricer.fit_stone(Diamond.model_validate(STONE | grades))
    return pricer.quotes(rows_of([stone])).price[0]


def test_grades_of_fifty_stones_are_learned_and_stored_with_the_version(pricer: Pricer) -> None:
    scope = Scope.load(pricer.version.folder)
    assert scope.grades["color"] == ("M", "K", "J", "I", "H", "G", "F", "E")
    assert scope.grades["clarity"][-1] == "FL"
    assert price(pricer, color="M") < price(pricer, color="K") < price(pricer, color="G")


def test_another_grade_is_refused_with_those_that_are_learned(pricer: Pricer) -> None:
    with pytest.raises(UnlearnedGrade, match=r"Got color='D', .* expected one of E, F, G, H, I, J, K, M"):
        price(pricer, color="D")
    fitted = pricer.fit(rows_of([Diamond.model_validate(STONE | {"color": color}) for color in "DKZ"]))
    assert list(fitted.refused) == [0, 2]


@pytest.mark.usefixtures("extrapolates")
def test_a_setting_prices_another_grade_as_the_nearest_with_a_warning(pricer: Pricer) -> None:
    stone, warnings = pricer.fit_stone(Diamond.model_validate(STONE | {"color": "Z", "clarity": "I3"}))
    assert (stone.color, stone.clarity) == ("M", pricer.scope.grades["clarity"][0])
    assert warnings[0] == "color Z is priced as M: prices of Z were not learned."
    assert len(warnings) == 2


def test_a_super_ideal_is_ideal_for_a_version_that_has_not_learned_it(pricer: Pricer) -> None:
    assert price(pricer, cut="Super Ideal") == price(pricer, cut="Ideal")


def test_prices_are_in_the_currency_of_the_market(pricer: Pricer) -> None:
    assert pricer.currency == "EUR"
    texts = [each.text for each in explain(pricer, Diamond.model_validate(STONE)).contributions]
    assert any("EUR" in text for text in texts)
    assert not any("$" in text for text in texts)


def test_similar_stones_are_found_in_every_learned_grade(pricer: Pricer, wide: Dataset) -> None:
    similar = SimilarStones.open(pricer.version.folder)
    kinds = wide.training[list(GRADES)].astype(str)
    for grades in kinds.drop_duplicates().sample(30, random_state=1).to_dict("records"):
        stone = GradedWeight.model_validate({"carat": 1, **grades})
        found, available = similar.nearest(stone, 3)
        assert available == (kinds == pd.Series(grades)).all(axis=1).sum()
        assert {(each["cut"], each["color"], each["clarity"]) for each in found} == {tuple(grades.values())}
    assert similar.nearest(GradedWeight(carat=1, cut="Ideal", color="Z", clarity="FL"), 3) == ([], 0)


def test_a_version_from_before_scopes_knows_the_classic_grades(pricer: Pricer, tmp_path: Path) -> None:
    assert Scope.load(tmp_path) == Scope()
    assert Scope().grades == GRADES
    assert Scope().currency == "USD"
