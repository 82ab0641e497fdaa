"""An ensemble's weights: the least absolute error, by members that are worth the time that they take."""

import numpy as np
import pytest

from diamonds.models.ensemble import Blend, best_blend

PRICE = np.random.default_rng(0).uniform(500, 15_000, 5000)


def off_by(share: float, seed: int) -> np.ndarray:
    return np.asarray(PRICE * np.exp(share * np.random.default_rng(seed).standard_normal(len(PRICE))))


def test_equal_members_weigh_the_same_and_weights_add_up_to_about_one() -> None:
    predicted = {name: off_by(0.1, seed) for seed, name in enumerate("abc")}

    weights = best_blend(predicted, PRICE, dict.fromkeys("abc", 100.0)).weights

    assert list(weights.values()) == pytest.approx([1 / 3] * 3, abs=0.04)
    assert sum(weights.values()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("error_of_c", "members"), [(0.6, "ab"), (0.1, "abc")])
def test_a_member_that_takes_most_of_the_time_must_lower_the_error(error_of_c: float, members: str) -> None:
    predicted = {"a": off_by(0.1, 1), "b": off_by(0.1, 2), "c": off_by(error_of_c, 3)}

    assert "".join(best_blend(predicted, PRICE, {"a": 50, "b": 50, "c": 900}).weights) == members


def test_stones_whose_prices_nobody_can_know_rule_no_weights() -> None:
    wild = np.arange(len(PRICE)) % 50 == 0
    predicted = {"a": off_by(0.05, 1), "b": off_by(0.1, 2)}
    predicted["a"][wild] *= 3

    assert best_blend(predicted, PRICE, {"a": 50, "b": 50}).weights["a"] > 0.5


def test_members_that_are_all_too_dear_are_corrected_by_the_factor() -> None:
    predicted = {name: 1.1 * off_by(0.05, seed) for seed, name in enumerate("ab")}

    blend = best_blend(predicted, PRICE, {"a": 50, "b": 50})

    assert np.abs(blend.of(predicted) / PRICE - 1).mean() < 0.04
    assert Blend({"a": 1.0}).of(predicted) == pytest.approx(predicted["a"]), (
        "A blend of before has no factor."
    )


def test_a_blend_follows_the_stones_that_count_most() -> None:
    old = np.arange(len(PRICE)) % 2 == 0
    predicted = {name: off_by(0.05, seed) for seed, name in enumerate("ab")}
    risen = np.where(old, PRICE, 1.15 * PRICE)

    blend = best_blend(predicted, risen, {"a": 50, "b": 50}, np.where(old, 0.05, 1.0))

    assert np.median(blend.of(predicted) / PRICE) == pytest.approx(1.15, abs=0.02)
