"""Quotes in the shapes of the API: of one stone, or of many with what is asked for them."""

import numpy as np

from bento_service.endpoints.grades import unlearned_grade
from diamonds.api.quotes import Adaptation, Price, PriceOfMany
from diamonds.models.features import Matrix
from diamonds.models.spec import Prices
from diamonds.pricing.deals import Deals, compare
from diamonds.pricing.pricer import Pricer, Quotes


def price_of(quotes: Quotes, place: int, warnings: list[str]) -> Price:
    """The price of one of the stones, with these warnings before those of its quote."""
    price: Price = {"price": quotes.price[place], "low": quotes.low[place], "high": quotes.high[place]}
    if warnings or place in quotes.warnings:
        price["warnings"] = [*warnings, *quotes.warnings.get(place, [])]
    if place in quotes.unsupported:
        price["supported"] = False
    return price


def adaptation_of(interval_factor: float) -> Adaptation:
    """Says that intervals are not as wide as the version's own, where they are not."""
    return {} if interval_factor == 1 else {"interval_factor": interval_factor}


def predictions(pricer: Pricer, rows: Matrix, asked: Prices) -> list[PriceOfMany]:
    """The prices of the stones of a matrix, with the deal of each for which something is asked (no NaN).

    A 400 names the first stone of a grade that the version has not learned.
    """
    fitted = pricer.fit(rows)
    for place, error in sorted(fitted.refused.items())[:1]:
        raise unlearned_grade(error, f"diamonds[{place}].{error.column}")
    quotes = pricer.quotes(fitted.rows)
    columns = zip(quotes.price, quotes.low, quotes.high, strict=True)
    priced: list[PriceOfMany] = [{"price": price, "low": low, "high": high} for price, low, high in columns]
    for place in fitted.warnings.keys() | quotes.warnings.keys():
        priced[place].update(price_of(quotes, place, fitted.warnings.get(place, [])))  # type: ignore[typeddict-item]
    if not np.isnan(asked).all():
        _add_deals(priced, compare(asked, quotes))
    return priced


def _add_deals(priced: list[PriceOfMany], deals: Deals) -> None:
    for place, ask in enumerate(deals.asked):
        if ask is not None:
            priced[place].update(deals.of(place))  # type: ignore[typeddict-item]
