"""Stones beyond the sold ones get a warning, a wide interval, and a price that lesser ones do not exceed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diamonds.dataset import load_dataset
from diamonds.diamond import Diamond, GradedWeight
from diamonds.grades import GRADE_CODES, GRADES
from diamonds.models import spec_named
from diamonds.models.features import matrix_of, rows_of
from diamonds.pricing.explanation import explain
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.training.train import train_version
from diamonds.versions import store
from diamonds.versions.version import Version
from tests.conftest import model_store_in

BEST = {"cut": "Ideal", "color": "D", "clarity": "IF"}
WARNING = "Too few stones of about {:g} carat of Ideal, D, IF and "


@pytest.fixture(scope="module")
def foreign(few_stones: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Version]:
    """Learned from 300 stones of few grades, at other prices."""
    stones = pd.read_csv(few_stones)
    stones = stones[stones["color"].isin(["E", "G"]) & stones["cut"].ne("Fair")][:300]
    folder = tmp_path_factory.mktemp("foreign")
    stones.assign(price=(40 + 0.4 * stones["price"]).round(2)).to_csv(folder / "stones.csv", index=False)
    with model_store_in(folder / "bentoml"):
        yield train_version(spec_named("linear"), load_dataset(folder / "stones.csv"), trials=1, seed=0)


@pytest.fixture(params=["linear", "xgboost", "foreign"], scope="module")
def pricer(request: pytest.FixtureRequest) -> Pricer:
    return load_pricer(request.getfixturevalue(request.param))


def at_least(grade: int, grades: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(grades[grade:])


@st.composite
def stone_and_better(draw: st.DrawFn) -> tuple[Diamond, Diamond]:
    """A stone of some grades and weight, and another that is at least as heavy and as good in each grade."""
    places = {column: draw(st.integers(0, len(grades) - 1)) for column, grades in GRADES.items()}
    better = {column: draw(at_least(place, GRADES[column])) for column, place in places.items()}
    stone = {column: GRADES[column][place] for column, place in places.items()}
    light, heavy = sorted(draw(st.tuples(st.integers(5, 900), st.integers(5, 900))))
    return (
        Diamond.model_validate({**stone, "carat": light / 100}),
        Diamond.model_validate({**better, "carat": heavy / 100}),
    )


@settings(max_examples=150, deadline=None)
@given(stones=st.lists(stone_and_better(), min_size=20, max_size=20))
def test_a_stone_beyond_the_sold_ones_costs_no_less_than_a_lesser_one(
    pricer: Pricer, stones: list[tuple[Diamond, Diamond]]
) -> None:
    lesser, better = (pricer.quotes(pricer.fit(rows_of(each)).rows) for each in zip(*stones, strict=True))
    for place in better.unsupported:
        stone = stones[place]
        if all(pricer.scope.knows(each) for each in stone):
            assert better.price[place] >= lesser.price[place], stone


@settings(max_examples=50, deadline=None)
@given(pair=stone_and_better())
def test_a_stone_is_quoted_alone_as_among_others(pricer: Pricer, pair: tuple[Diamond, Diamond]) -> None:
    both = pricer.quotes(rows_of(pair))
    for place, stone in enumerate(pair):
        alone = pricer.quotes(rows_of([stone]))
        assert (alone.price[0], alone.low[0], alone.high[0]) == (
            both.price[place],
            both.low[place],
            both.high[place],
        )
        assert (0 in alone.unsupported) == (place in both.unsupported)
        assert alone.warnings.get(0) == both.warnings.get(place)
        low, high = alone.low[0], alone.high[0]
        assert low is not None
        assert high is not None
        assert 0 < low <= alone.price[0] <= high < float("inf")


def test_hardly_any_sold_stone_is_beyond_the_others(pricer: Pricer) -> None:
    rows = matrix_of(store.training_stones(pricer.version))
    assert len(pricer.support.missing(rows)) <= 0.01 * len(rows) + 1


def test_a_price_of_sold_ones_is_what_the_model_learned(pricer: Pricer) -> None:
    rows = matrix_of(store.training_stones(pricer.version)).copy()
    supported = np.setdiff1d(np.arange(len(rows)), pricer.support.missing(rows))
    assert np.array_equal(pricer.prices(rows)[supported], pricer.learned_prices(rows)[supported])


def test_stones_count_as_near_by_weight_and_all_grades_together(xgboost: Version) -> None:
    pricer = load_pricer(xgboost)
    sold = matrix_of(store.training_stones(xgboost))
    asked = rows_of(
        [
            Diamond.model_validate({"carat": carat, **BEST, "color": color})
            for carat in (0.3, 0.7, 1.0, 1.4, 2.0, 3.0)
            for color in GRADES["color"]
        ]
    )
    for row in asked[pricer.support.missing(asked)]:
        like = np.abs(sold[:, 1:4] - row[1:4]).max(axis=1) <= pricer.support.radius
        weight = np.abs(np.log(sold[:, 0] / row[0])) < 0.04
        assert (like & weight).sum() < 3


@pytest.mark.parametrize("carat", [3.0, 5.0])
def test_a_sentence_says_which_stones_are_missing_and_the_interval_is_wide(
    xgboost: Version, carat: float
) -> None:
    pricer = load_pricer(xgboost)
    rows = rows_of([Diamond.model_validate({"carat": carat, **BEST})])
    quotes = pricer.quotes(rows)
    (warning,) = (each for each in quotes.warnings[0] if each.startswith("Too few"))
    assert warning.startswith(WARNING.format(carat))
    assert quotes.unsupported == {0}
    low, high = pricer.intervals.bounds(np.array(quotes.price), rows)
    assert quotes.low[0] <= low[0] / 2 + 0.01
    assert quotes.high[0] >= 2 * high[0] - 0.01


def test_the_supported_weights_of_grades_end_where_their_stones_do(pricer: Pricer) -> None:
    sold = store.training_stones(pricer.version)
    known = {column: pricer.scope.grades[column][-1] for column in GRADES}
    lightest, heaviest = pricer.support.range_of() or (0.0, 0.0)
    assert sold["carat"].min() * 0.75 < lightest < heaviest < sold["carat"].max() * 1.3
    best = pricer.support.range_of(GradedWeight.model_validate({"carat": 1.0, **known}))
    assert best is None or lightest <= best[0] <= best[1] <= heaviest


def test_an_explanation_adds_up_to_the_price_beyond_the_sold_stones(pricer: Pricer) -> None:
    stone = Diamond.model_validate({"carat": 4.0, **{name: pricer.scope.grades[name][-1] for name in GRADES}})
    explained = explain(pricer, stone)
    assert [explained.price_usd] == pricer.prices_usd([stone])
    total = explained.base_usd + sum(each.usd for each in explained.contributions)
    assert round(total, 2) == explained.price_usd


def test_every_grade_of_the_scale_finds_its_place(xgboost: Version) -> None:
    support = load_pricer(xgboost).support
    for column, codes in GRADE_CODES.items():
        for grade in GRADES[column]:
            stone = {**BEST, column: grade}
            group, _ = support.places(rows_of([Diamond.model_validate({"carat": 1.0, **stone})]))
            grades = [GRADES[name].index(stone[name]) for name in GRADES]
            assert np.unravel_index(group[0], [len(each) for each in GRADES.values()]) == tuple(grades), codes
