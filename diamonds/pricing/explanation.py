"""Says in dollars and in words what each property of a stone does to its price."""

from dataclasses import dataclass

from diamonds.diamond import DIMENSIONS, Diamond
from diamonds.models.features import rows_of
from diamonds.models.shapley import PROPERTIES, attribute
from diamonds.pricing.pricer import Pricer


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one property adds to the price in USD, or takes off; the three dimensions are one, the size."""

    feature: str
    value: float | str
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

    Properties that are not given contribute nothing, and are left out.
    """
    (row,) = rows_of([stone])
    base_usd, price_usd, owed_usd = attribute(pricer.prices, row)
    total_cents = max(round(price_usd * 100), 1)
    base_cents, *cents = _adding_up(total_cents, [base_usd, *owed_usd.tolist()])
    contributions = [
        Contribution(name, value, part / 100, _text(name, value, part))
        for name, part in zip(PROPERTIES, cents, strict=True)
        if (value := _value(name, stone)) is not None
    ]
    contributions.sort(key=lambda each: -abs(each.usd))
    return Explanation(total_cents / 100, base_cents / 100, contributions)


def _value(name: str, stone: Diamond) -> float | str | None:
    if name != "size":
        value: float | str | None = getattr(stone, name)
        return value
    dimensions = [getattr(stone, dimension) for dimension in DIMENSIONS]
    if all(each is None for each in dimensions):
        return None
    return " x ".join("?" if each is None else f"{each:g}" for each in dimensions)


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
    "size": "A size of {} mm",
}


def _text(feature: str, value: float | str, cents: int) -> str:
    subject = _NAMES[feature].format(value)
    if cents == 0:
        return f"{subject} makes no difference"
    return f"{subject} {'adds' if cents > 0 else 'takes off'} {_dollars(abs(cents))}"


def _dollars(cents: int) -> str:
    """Whole dollars from 10 on, below that with cents."""
    return f"${cents / 100:,.0f}" if cents >= 1000 else f"${cents / 100:,.2f}"
