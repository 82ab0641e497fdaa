"""Quotes are finite and in order for every valid stone, and explanations add up to them."""

import pytest

from diamonds.dataset import Dataset
from diamonds.diamond import USUAL, Diamond
from diamonds.models.features import matrix_of, rows_of
from diamonds.pricing.explanation import explain
from diamonds.pricing.pricer import load_pricer
from diamonds.versions.version import Version

GRADED = {"cut": "Ideal", "color": "G", "clarity": "VS2"}
WHOLE = Diamond(carat=0.7, **GRADED, depth=61.5, table=56, x=5.7, y=5.72, z=3.51)
STONES = {
    "whole": WHOLE,
    "of weight and grades alone": Diamond(carat=0.7, **GRADED),
    "best": Diamond(carat=5, cut="Ideal", color="D", clarity="IF"),
    "worst": Diamond(carat=0.2, cut="Fair", color="J", clarity="I1"),
    "absurdly heavy": Diamond(carat=1000, **GRADED, x=0.001, y=1000, z=1000),
    "absurdly light": Diamond(carat=0.001, **GRADED, depth=0.001, x=0.001),
}


@pytest.fixture(params=["linear", "xgboost"])
def version(request: pytest.FixtureRequest) -> Version:
    trained: Version = request.getfixturevalue(request.param)
    return trained


@pytest.mark.parametrize("stone", STONES.values(), ids=STONES)
def test_a_price_is_finite_above_0_and_within_its_interval(version: Version, stone: Diamond) -> None:
    quotes = load_pricer(version).quotes(rows_of([stone]))
    (price,), (low,), (high,) = quotes.price, quotes.low, quotes.high
    assert low is not None
    assert high is not None
    assert 0 < low <= price <= high < float("inf")
    assert all(round(value, 2) == value for value in (price, low, high))


@pytest.mark.parametrize("stone", STONES.values(), ids=STONES)
def test_base_and_contributions_add_up_to_the_price_to_the_cent(version: Version, stone: Diamond) -> None:
    pricer = load_pricer(version)
    explained = explain(pricer, stone)
    total = explained.base_usd + sum(each.usd for each in explained.contributions)
    assert [explained.price_usd] == pricer.prices_usd([stone])
    assert round(total, 2) == explained.price_usd


def test_an_explanation_lists_the_known_properties(xgboost: Version) -> None:
    stone = Diamond(carat=1.2, cut="Ideal", color="J", clarity="IF", x=6.9, y=6.85)
    by_feature = {each.feature: each for each in explain(load_pricer(xgboost), stone).contributions}
    assert by_feature.keys() == {"carat", "cut", "color", "clarity", "size"}
    assert by_feature["carat"].text.startswith("A carat of 1.20 adds $")
    assert by_feature["color"].text.startswith("Color J takes off $")
    assert by_feature["clarity"].text.startswith("Clarity IF adds $")
    assert by_feature["size"].value == "6.9 x 6.85 x ?"


def test_the_usual_stone_is_explained_by_the_base_alone(version: Version) -> None:
    explained = explain(load_pricer(version), USUAL)
    assert explained.price_usd == explained.base_usd
    assert [each.text for each in explained.contributions if each.usd] == []
    assert "Cut Premium makes no difference" in {each.text for each in explained.contributions}


def test_the_largest_contribution_comes_first(xgboost: Version) -> None:
    sizes = [abs(each.usd) for each in explain(load_pricer(xgboost), WHOLE).contributions]
    assert sizes == sorted(sizes, reverse=True)


def test_no_stones_have_no_quotes(linear: Version) -> None:
    assert load_pricer(linear).prices_usd([]) == []


@pytest.mark.parametrize(
    ("stone", "message"),
    [
        ({"carat": 50}, "carat 50 is outside the 0.2"),
        ({"carat": 0.7, "depth": 5}, "depth 5 is outside the "),
        ({"carat": 2, "x": 4}, "x 4 mm contradicts carat 2, which goes with 7."),
        ({"carat": 0.7, "depth": 70, "x": 5.7, "y": 5.72, "z": 3.51}, "depth 70% contradicts x, y and z"),
    ],
)
def test_an_implausible_stone_is_quoted_with_a_warning(
    linear: Version, stone: dict[str, float], message: str
) -> None:
    quotes = load_pricer(linear).quotes(rows_of([WHOLE, Diamond.model_validate({**GRADED, **stone})]))
    assert quotes.warnings.keys() == {1}
    assert any(message in warning for warning in quotes.warnings[1]), quotes.warnings


def test_hardly_any_real_stone_earns_a_warning(linear: Version, dataset: Dataset) -> None:
    quotes = load_pricer(linear).quotes(matrix_of(dataset.hold_out))
    assert len(quotes.warnings) < 0.02 * len(dataset.hold_out)


def test_a_large_batch_is_priced_like_its_stones_one_by_one(version: Version, dataset: Dataset) -> None:
    pricer, rows = load_pricer(version), matrix_of(dataset.training)
    singly = [pricer.quotes(row[None]).price[0] for row in rows[::25]]
    assert pricer.quotes(rows).price[::25] == singly
