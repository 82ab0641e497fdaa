"""Attributes a price to the properties of its stone: exact Shapley values, for any model.

The properties are revealed one after another, beginning with a usual stone without measures. A property's
Shapley value is the change of the price when it is revealed, on average over all orders. Size follows from
weight, so it is revealed right after it: its value is that of being larger or smaller than is usual for the
weight, and no model has to price a stone of half a carat with the width of two.

L. S. Shapley, "A Value for n-Person Games", 1953; for the precedence of causes, C. Frye, C. Rowat and
I. Feige, "Asymmetric Shapley Values", NeurIPS 2020.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from itertools import chain, permutations

import numpy as np
import numpy.typing as npt

from diamonds.diamond import FEATURES, USUAL
from diamonds.models.features import Matrix, rows_of
from diamonds.models.spec import Prices

PROPERTIES: dict[str, tuple[str, ...]] = {
    "carat": ("carat",),
    "cut": ("cut",),
    "color": ("color",),
    "clarity": ("clarity",),
    "depth": ("depth",),
    "table": ("table",),
    "size": ("x", "y", "z"),
}
"""The features that are revealed at once, by the name of the property in explanations."""

_IN_ORDER = (("carat", "size"), ("cut",), ("color",), ("clarity",), ("depth",), ("table",))
"""Properties that are revealed right after one another, in this order."""


def attribute(prices_of: Callable[[Matrix], Prices], stone: Prices) -> tuple[float, float, Prices]:
    """The base, the price, and what each of ``PROPERTIES`` adds to the base: all in USD, adding up exactly.

    ``stone`` is one row of a matrix, shape (9,). ``prices_of`` is called once, for at most 96 rows.
    """
    unusual = (stone != _USUAL_ROW) & ~(np.isnan(stone) & np.isnan(_USUAL_ROW))
    properties = tuple(name for name, columns in _COLUMNS.items() if unusual[columns].any())
    revealed, weights = _coalitions(properties)
    prices = prices_of(np.where(revealed, stone, _USUAL_ROW))
    values = dict(zip(properties, weights @ prices, strict=True))
    return float(prices[0]), float(prices[-1]), np.array([values.get(name, 0.0) for name in PROPERTIES])


(_USUAL_ROW,) = rows_of([USUAL])
_COLUMNS = {name: [FEATURES.index(each) for each in features] for name, features in PROPERTIES.items()}


@cache
def _coalitions(properties: tuple[str, ...]) -> tuple[npt.NDArray[np.bool_], Matrix]:
    """The sets of properties that are revealed together in some order, from none to all of them.

    Which features each reveals, shape (coalitions, 9), and the Shapley value of each property as weights of
    the coalitions' prices, shape (properties, coalitions).
    """
    groups = [[name for name in names if name in properties] for names in _IN_ORDER]
    orders = [[*chain(*order)] for order in permutations(filter(None, groups))]
    changes: dict[frozenset[str], Counter[str]] = defaultdict(Counter, {frozenset(): Counter()})
    for order in orders:
        for before, name in enumerate(order):
            changes[frozenset(order[:before])][name] -= 1
            changes[frozenset(order[: before + 1])][name] += 1
    coalitions = sorted(changes, key=len)
    features = [{feature for name in each for feature in PROPERTIES[name]} for each in coalitions]
    revealed = [[feature in each for feature in FEATURES] for each in features]
    weights = [[changes[each][name] / len(orders) for name in properties] for each in coalitions]
    return np.array(revealed), np.array(weights).T
