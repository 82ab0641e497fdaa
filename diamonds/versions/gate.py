"""Decides whether a challenger replaces a champion: pure functions of their quotes of the same stones.

The test is paid for anew each time that a challenger is looked at, so that trying again and again does not
promote by luck. Of the error rate that all looks at challengers of one champion share, the look number k
spends a part in proportion to 1 / ((k + 1) ln(k + 1)^2), whose sum over all k is finite (alpha spending:
Lan and DeMets, Biometrika 70, 1983; for endless series Foster and Stine, JRSS B 70, 2008).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np

from diamonds.dataset.capacity import FEWEST_TO_DECIDE
from diamonds.evaluation.metrics import Evaluation
from diamonds.models.spec import Prices

ERROR_RATE = 0.04
"""Probability that any of the looks at challengers that are no better promotes one.

It is a little below the 5% that are promised, for errors are not quite normal: see ``benchmarks.promotion``.
"""
LARGEST_LOSS = 0.05
"""Share by which the mean absolute error of a slice may be higher."""
SMALLEST_SLICE = 30
COVERAGE_TOLERANCE = 0.02
LARGEST_WIDENING = 0.10

_SUM_OF_SHARES = 2.109742801
"""The sum of 1 / ((k + 1) ln(k + 1)^2) over k = 1, 2, ... to infinity."""
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the challenger becomes the champion, and why."""

    promote: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Contender:
    """A version with its quotes of the stones on which it is compared with another.

    ``promised`` is the share of true prices that its intervals should contain, ``quote_ms`` the time that it
    takes for one quote where that was measured.
    """

    tag: str
    evaluation: Evaluation
    promised: float = 0.9
    quote_ms: float | None = None

    @property
    def mae_usd(self) -> float:
        return self.evaluation.metrics().mae


def decide(
    champion: Contender | None, challenger: Contender, *, look: int = 1, slowest_ms: float | None = None
) -> Decision:
    """Promotes the challenger if it is certainly better than the champion on the same stones, and nowhere
    certainly much worse.

    Better: its mean absolute error is lower, with the confidence that this ``look`` at a challenger of the
    champion needs. Nowhere much worse: no slice is worse by over 5% with 95% confidence, corrected for the
    number of slices; its intervals hold what they promise within 2 points, at a median width at most 10%
    above the champion's, or more where it quotes higher prices; a quote takes at most ``slowest_ms``. Fewer
    than 1,000 stones decide nothing.
    """
    if champion is None:
        return Decision(True, f"{challenger.tag} is promoted: there was no champion.")
    number = len(challenger.evaluation.stones)
    compared = (
        f"{challenger.tag} (MAE {challenger.mae_usd:.1f} USD) and {champion.tag} "
        f"(MAE {champion.mae_usd:.1f} USD) were compared on {number:,} stones"
    )
    if number < FEWEST_TO_DECIDE:
        few = f"that is fewer than {FEWEST_TO_DECIDE:,}, so a person has to decide"
        return Decision(False, f"{compared}: {few} (`diamonds promote --force`).")
    gain = Gain.of(error_usd(champion.evaluation), error_usd(challenger.evaluation))
    if gain.confidence < confidence_needed(look):
        return Decision(False, f"{compared}: the challenger is {gain.shortfall(look)}.")
    if objections := list(_objections(champion, challenger, slowest_ms)):
        return Decision(False, f"{compared}: the challenger is better, but {', and '.join(objections)}.")
    return Decision(True, f"{compared}: the challenger is better {gain.certainty(look)}.")


def confidence_needed(look: int) -> float:
    """The confidence that the look of that number, from 1, at a challenger of one champion needs."""
    share = 1 / ((look + 1) * math.log(look + 1) ** 2 * _SUM_OF_SHARES)
    return 1 - ERROR_RATE * share


@dataclass(frozen=True, slots=True)
class Gain:
    """By how many USD a challenger's mean absolute error is lower, with its standard error."""

    usd: float
    error_usd: float

    @classmethod
    def of(cls, before: Prices, after: Prices) -> Self:
        """The gain from absolute errors of the same stones in the same order, in USD."""
        gains = before - after
        return cls(float(gains.mean()), float(gains.std(ddof=1) / math.sqrt(len(gains))))

    @property
    def confidence(self) -> float:
        """The confidence that there is a gain at all."""
        if self.error_usd == 0:
            return float(self.usd > 0)
        return _NORMAL.cdf(self.usd / self.error_usd)

    @property
    def found(self) -> str:
        """The gain with its interval, as what the challenger is."""
        return f"{'better' if self.usd > 0 else 'worse'} by {abs(self.usd):.1f} USD ({self._range()})"

    def shortfall(self, look: int) -> str:
        """Why the gain is not enough, as what the challenger is."""
        if self.usd <= 0:
            return f"not better, but off by {-self.usd:.1f} USD more ({self._range()})"
        return (
            f"{self.found}, which may be luck: "
            f"{_percent(confidence_needed(look))} confidence is needed {self._look(look)}"
        )

    def certainty(self, look: int) -> str:
        """By how much and how certainly the challenger is better."""
        needed = _percent(confidence_needed(look))
        return (
            f"by {self.usd:.1f} USD ({self._range()}) with a confidence of {_percent(self.confidence)}; "
            f"{needed} is needed {self._look(look)}"
        )

    def _range(self) -> str:
        reach = 1.96 * self.error_usd
        return f"95% between {self.usd - reach:.1f} and {self.usd + reach:.1f}"

    def _look(self, look: int) -> str:
        return f"at look {look} at a challenger of this champion"


def _percent(confidence: float) -> str:
    """A confidence, which is never rounded up to a certainty."""
    digits = next((digits for digits in (1, 2, 3, 4) if round(confidence * 100, digits) < 100), None)
    return "over 99.9999%" if digits is None else f"{confidence:.{digits}%}"


def _objections(champion: Contender, challenger: Contender, slowest_ms: float | None) -> Iterator[str]:
    yield from _worse_slices(champion.evaluation, challenger.evaluation)
    before, after = champion.evaluation.metrics(), challenger.evaluation.metrics()
    if math.isnan(after.coverage) and not math.isnan(before.coverage):
        yield "its quotes have no intervals"
    if abs(after.coverage - challenger.promised) > COVERAGE_TOLERANCE:
        yield f"its intervals hold {after.coverage:.1%} of the prices instead of {challenger.promised:.0%}"
    if after.width > before.width * (1 + LARGEST_WIDENING) * max(1.0, _dearer(champion, challenger)):
        yield f"its intervals are {after.width:,.0f} USD wide in the median instead of {before.width:,.0f}"
    if slowest_ms is not None and challenger.quote_ms is not None and challenger.quote_ms > slowest_ms:
        yield f"it takes {challenger.quote_ms:.1f} ms for a quote instead of at most {slowest_ms:g}"


def _dearer(champion: Contender, challenger: Contender) -> float:
    """The factor by which the challenger quotes higher: its intervals are as much wider."""
    before, after = (each.evaluation.stones["predicted"].to_numpy() for each in (champion, challenger))
    return float(np.median(after / before))


def _worse_slices(champion: Evaluation, challenger: Evaluation) -> Iterator[str]:
    """The slices that are worse by over 5%, each with its interval, which is corrected for their number."""
    before = dict(champion.slices())
    slices = [(name, after) for name, after in challenger.slices() if len(after.stones) >= SMALLEST_SLICE]
    reach = _NORMAL.inv_cdf(1 - (1 - 0.95) / max(1, len(slices)))
    for name, after in slices:
        change, error = _relative_change(error_usd(before[name]), error_usd(after))
        if change - reach * error > LARGEST_LOSS:
            low, high = change - reach * error, change + reach * error
            yield f"worse for {name} by {change:.0%} (between {low:.0%} and {high:.0%})"


def _relative_change(before: Prices, after: Prices) -> tuple[float, float]:
    """By which share the mean of the errors is higher, and the standard error of that (delta method)."""
    change = float(after.mean() / before.mean()) - 1
    deviations = after - (1 + change) * before
    return change, float(deviations.std(ddof=1) / math.sqrt(len(before)) / before.mean())


def error_usd(evaluation: Evaluation) -> Prices:
    """The absolute errors of quotes."""
    stones = evaluation.stones
    return (stones["predicted"] - stones["price"]).abs().to_numpy("float64")
