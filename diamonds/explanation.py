"""Says in dollars and in words what each property of a stone does to its price."""

from dataclasses import dataclass

import numpy as np

from diamonds.diamond import FEATURES, Diamond
from diamonds.quotes import Pricer, rows_of


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature adds to the price in USD, or takes off; ``value`` is None where it is unknown."""

    feature: str
    value: float | str | None
    usd: float
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """``base_usd``, the price of a usual stone, and all contributions add up to the price to the cent."""

    price_usd: float
    base_usd: float
    contributions: list[Contribution]


def explain(pricer: Pricer, stone: Diamond) -> Explanation:
    """The price that ``pricer`` quotes for the stone, taken apart; the largest contribution comes first.

    Models add up shares of the log of a price. On the straight way from the base to the price each dollar is
    owed to the features by their shares: a feature's part of the difference in dollars is its part of the
    difference in logs, in whatever order features are looked at.
    """
    matrix = rows_of([stone])
    (price_usd,) = pricer.prices_usd([stone])
    base_log, shares = (part[0] for part in pricer.estimator.contributions(matrix))
    total = shares.sum()
    base_usd = float(np.exp(base_log))
    usd_per_log = base_usd * (np.expm1(total) / total if total else 1.0)
    cents = _adding_up(round(price_usd * 100), [base_usd, *(shares * usd_per_log).tolist()])
    contributions = [
        Contribution(name, getattr(stone, name), part / 100, _text(name, getattr(stone, name), part))
        for name, part in zip(FEATURES, cents[1:], strict=True)
    ]
    contributions.sort(key=lambda each: -abs(each.usd))
    return Explanation(price_usd, cents[0] / 100, contributions)


def _adding_up(total_cents: int, parts_usd: list[float]) -> list[int]:
    """The parts in whole cents; what rounding leaves over goes to the largest."""
    cents = [round(part * 100) for part in parts_usd]
    largest = max(range(len(cents)), key=lambda place: abs(cents[place]))
    cents[largest] += total_cents - sum(cents)
    return cents


_NAMES = {
    "carat": "A carat of {:.2f}",
    "cut": "Cut {}",
    "color": "Color {}",
    "clarity": "Clarity {}",
    "depth": "A depth of {:g}%",
    "table": "A table of {:g}%",
    "x": "A length of {:g} mm",
    "y": "A width of {:g} mm",
    "z": "A height of {:g} mm",
}
_UNKNOWN = {
    "depth": "The depth, unknown and taken as usual,",
    "table": "The table, unknown and taken as usual,",
    "x": "The length, unknown and taken as usual,",
    "y": "The width, unknown and taken as usual,",
    "z": "The height, unknown and taken as usual,",
}


def _text(feature: str, value: float | str | None, cents: int) -> str:
    subject = _UNKNOWN[feature] if value is None else _NAMES[feature].format(value)
    if cents == 0:
        return f"{subject} makes no difference"
    return f"{subject} {'adds' if cents > 0 else 'takes off'} {_dollars(abs(cents))}"


def _dollars(cents: int) -> str:
    """Whole dollars from 10 on, below that with cents."""
    return f"${cents / 100:,.0f}" if cents >= 1000 else f"${cents / 100:,.2f}"
