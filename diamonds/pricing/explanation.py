"""Explains a price: what each property of a stone adds to it or takes off, in USD and as a sentence."""

from dataclasses import dataclass

from diamonds.diamond import DIMENSIONS, Diamond
from diamonds.models.features import rows_of
from diamonds.models.shapley import PROPERTIES, attribute
from diamonds.pricing.pricer import Pricer


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one property adds to the price (or takes off, below 0); the dimensions are one property, size.

    ``usd`` is in the currency of the version, which is USD unless the settings chose another.
    """

    feature: str
    value: float | str
    usd: float
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A price as the sum of ``base_usd``, the usual stone's price, and all contributions, to the cent."""

    price_usd: float
    base_usd: float
    contributions: list[Contribution]


def explain(pricer: Pricer, stone: Diamond) -> Explanation:
    """The contributions to the price that ``pricer`` quotes for the stone, the largest first.

    Properties that are unknown contribute nothing, and are left out.
    """
    (row,) = rows_of([stone])
    base_usd, price_usd, contributions_usd = attribute(pricer.prices, row)
    total_cents = max(round(price_usd * 100), 1)
    base_cents, *cents = _rounded([base_usd, *contributions_usd.tolist()], total_cents)
    contributions = [
        Contribution(name, value, part / 100, _sentence(name, value, part, pricer.currency))
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


def _rounded(parts_usd: list[float], total_cents: int) -> list[int]:
    """The parts in whole cents that add up to the total; the largest takes up the error of rounding."""
    cents = [round(part * 100) for part in parts_usd]
    largest = max(range(len(cents)), key=lambda position: abs(cents[position]))
    cents[largest] += total_cents - sum(cents)
    return cents


_SUBJECTS = {
    "carat": "A carat of {:.2f}",
    "cut": "Cut {}",
    "color": "Color {}",
    "clarity": "Clarity {}",
    "depth": "A depth of {:g}%",
    "table": "A table of {:g}%",
    "size": "A size of {} mm",
}


def _sentence(feature: str, value: float | str, cents: int, currency: str) -> str:
    subject = _SUBJECTS[feature].format(value)
    if cents == 0:
        return f"{subject} makes no difference"
    return f"{subject} {'adds' if cents > 0 else 'takes off'} {_amount(abs(cents), currency)}"


def _amount(cents: int, currency: str) -> str:
    """The amount, with cents below 10."""
    sign = "$" if currency == "USD" else f"{currency} "
    return f"{sign}{cents / 100:,.0f}" if cents >= 1000 else f"{sign}{cents / 100:,.2f}"
