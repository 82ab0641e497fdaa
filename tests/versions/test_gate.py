"""The decision on a promotion: certainly better, nowhere certainly much worse, however often it is tried."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.promotion import Case, promoted_share
from diamonds.evaluation.metrics import Evaluation
from diamonds.grades import CUTS
from diamonds.versions.gate import Contender, Gain, confidence_needed, decide

STONES = 2000


def contender(
    tag: str,
    error: float,
    *,
    stones: int = STONES,
    width: float = 1.0,
    coverage: float = 0.9,
    **error_of_cut: float,
) -> Contender:
    """Quotes that are off by a random share of the price, of the given size, another one for some cuts.

    The intervals hold a ``coverage`` of the prices; those that do are ``width`` times as wide as usual.
    """
    price = np.random.default_rng(1).uniform(500, 15_000, stones)
    cut = pd.Categorical(np.resize(CUTS, stones), categories=CUTS, ordered=True)
    size = np.array([error_of_cut.get(name, error) for name in cut])
    predicted = price * (1 + size * np.random.default_rng(sum(map(ord, tag))).uniform(-1, 1, stones))
    reach = np.where(np.arange(stones) < coverage * stones, np.abs(predicted - price) + 100 * width, 0.01)
    columns = {"price": price, "predicted": predicted, "low": predicted - reach, "high": predicted + reach}
    columns["price"] = np.where(reach == 0.01, price + 1, price)
    grades = {"cut": cut, "color": "G", "clarity": "IF"}
    return Contender(tag, Evaluation(pd.DataFrame({**columns, **grades, "carat": 1.2})))


def without_intervals(of: Contender) -> Contender:
    return replace(of, evaluation=Evaluation(of.evaluation.stones.assign(low=np.nan, high=np.nan)))


A, B = contender("a", 0.1), contender("b", 0.08)


@pytest.mark.parametrize(
    ("champion", "challenger", "promoted", "why"),
    [
        (None, contender("b", 0.2), True, "there was no champion"),
        (A, B, True, "USD (95% between"),
        (A, B, True, "with a confidence of over 99.9999%; 98.0% is needed at look 1"),
        (contender("a", 0.08), contender("b", 0.1), False, "not better, but off by"),
        (A, contender("b", 0.0995), False, "which may be luck: 98.0% confidence is needed at look 1"),
        (A, contender("b", 0.05, Fair=0.2), False, "but worse for cut Fair by"),
        (A, contender("b", 0.05, Fair=0.11), True, "the challenger is better by"),
        (contender("a", 0.1, stones=999), contender("b", 0.05, stones=999), False, "fewer than 1,000"),
        (A, contender("b", 0.05, coverage=0.87), False, "hold 87.0% of the prices instead of 90%"),
        (A, contender("b", 0.05, coverage=1), False, "hold 100.0% of the prices instead of 90%"),
        (A, without_intervals(B), False, "its quotes have no intervals"),
        (without_intervals(A), B, True, "the challenger is better by"),
        (A, contender("b", 0.05, coverage=0.89), True, "the challenger is better by"),
        (A, contender("b", 0.08, width=3), False, "USD wide in the median instead of"),
        (A, contender("b", 0.08, width=1e9), False, "USD wide in the median instead of"),
        (A, replace(B, quote_ms=12.5), False, "it takes 12.5 ms for a quote instead of at most 10"),
        (A, replace(B, quote_ms=9.5), True, "the challenger is better by"),
    ],
)
def test_a_challenger_must_be_better_for_certain_and_nowhere_much_worse(
    champion: Contender | None, challenger: Contender, promoted: bool, why: str
) -> None:
    decision = decide(champion, challenger, slowest_ms=10)

    assert why in decision.reason
    assert decision.promote is promoted


def test_a_slice_that_is_worse_is_named_with_its_interval() -> None:
    reason = decide(A, contender("b", 0.05, Fair=0.2)).reason

    assert "worse for cut Fair by 9" in reason or "worse for cut Fair by 1" in reason
    assert "% (between" in reason


@pytest.mark.parametrize("confidence", [0.0, 0.5, 0.99999999])
def test_a_confidence_is_never_zero_in_words_nor_rounded_to_certainty(confidence: float) -> None:
    reason = decide(A, contender("b", 0.1 + 0.05 * (0.5 - confidence))).reason

    assert "confidence of 0.0%" not in reason
    assert "100.0%" not in reason


def test_each_further_look_needs_more_confidence_and_all_together_spend_five_percent() -> None:
    needed = [confidence_needed(look) for look in range(1, 100_000)]

    assert needed == sorted(needed)
    assert 0.03 < sum(1 - confidence for confidence in needed) < 0.05


def test_what_is_enough_at_the_first_look_may_be_luck_at_the_hundredth() -> None:
    gain = Gain(2.1, 1.0)

    assert confidence_needed(1) < gain.confidence < confidence_needed(100)


def test_nights_without_improvement_promote_in_few_series_and_an_improvement_is_soon_promoted() -> None:
    assert promoted_share(Case(0.0, nights=1000), series=150, stones=1500) <= 0.05
    assert promoted_share(Case(0.05, nights=7), series=50, stones=1500) >= 0.9
    assert promoted_share(Case(0.02, nights=7, nights_before=100), series=60) >= 0.85
