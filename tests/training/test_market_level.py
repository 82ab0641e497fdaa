"""How far a market has moved: a sudden and a slow move are found, and what is none moves nothing."""

import numpy as np
import pytest

from diamonds.training.market_level import GROUP, LARGEST_MOVE, periods

SALES, RISE = 1_500, float(np.log(1.15))
DAYS = np.linspace(20, 0, SALES)


def errors(number: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(5, number) * 0.07


USUAL = errors(3_000, seed=99)


def sold(seed: int) -> np.ndarray:
    """Ratios of sales to quotes, the newest first: usual ones with some noise of the sale."""
    return errors(SALES, seed) + np.random.default_rng(seed + 1).normal(0, 0.03, SALES)


@pytest.mark.parametrize("seed", range(5))
def test_a_quiet_market_has_one_period_or_two_and_no_level(seed: int) -> None:
    found = periods(sold(seed), DAYS, USUAL)
    assert len(found) <= 2
    assert all(abs(each.level) < 0.02 for each in found)


@pytest.mark.parametrize(("newest", "off"), [(300, 0.02), (2 * GROUP, 0.04)])
def test_prices_that_rose_of_late_have_their_level_and_those_before_theirs(newest: int, off: float) -> None:
    ratios = sold(0)
    ratios[:newest] += RISE
    first, *older = periods(ratios, DAYS, USUAL)
    assert first.level == pytest.approx(RISE, abs=off)
    assert first.stop == pytest.approx(newest, abs=GROUP)
    assert all(abs(each.level) < 0.02 for each in older)


def test_a_slow_rise_is_followed_month_by_month() -> None:
    rise = np.linspace(np.log(1.2), 0, SALES)
    found = periods(sold(1) + rise, np.linspace(365, 0, SALES), USUAL)
    assert len(found) > 6
    assert found[0].level == pytest.approx(np.log(1.2), abs=0.04)


def test_only_sales_of_stones_that_were_quoted_too_low_are_no_rise() -> None:
    generator = np.random.default_rng(2)
    chosen = errors(4 * SALES, 2)
    gamed = chosen[chosen > 0][:600] + generator.normal(0, 0.03, 600)
    assert periods(np.r_[gamed, sold(3)[600:]], DAYS, USUAL)[0].level == 0


def test_absurd_prices_among_the_sales_move_the_level_by_less_than_one_percent() -> None:
    ratios = sold(4)
    level = periods(ratios, DAYS, USUAL)[0].level
    ratios[np.random.default_rng(5).random(SALES) < 0.05] += np.log(10)
    assert periods(ratios, DAYS, USUAL)[0].level == pytest.approx(level, abs=0.01)


def test_a_level_is_bounded_and_few_sales_have_none() -> None:
    assert periods(sold(6) + 2.0, DAYS, USUAL)[0].level == pytest.approx(np.log(LARGEST_MOVE))
    assert periods(sold(6)[: GROUP - 1], DAYS[: GROUP - 1], USUAL) == []
