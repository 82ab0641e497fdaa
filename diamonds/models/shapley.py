"""Divides a price among the properties of its stone: exact Shapley values, for any model.

A stone is told one property after another, beginning with a usual stone of which no measures are known;
each property is owed the change of the price when it becomes known, on average over all orders of telling.
Size follows from weight, so it is told right after it: what is owed to size is being larger or smaller than
is usual for the weight, and no model is asked about a stone of half a carat with the width of two.

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
"""What is told of a stone at once, by the name that explanations give it."""

_TOLD_TOGETHER = (("carat", "size"), ("cut",), ("color",), ("clarity",), ("depth",), ("table",))


def attribute(prices_of: Callable[[Matrix], Prices], stone: Prices) -> tuple[float, float, Prices]:
    """The base, the price, and what each of ``PROPERTIES`` adds to the base: all in USD, adding up exactly.

    ``stone`` is one row of a matrix, shape (9,). ``prices_of`` is asked once, for at most 96 rows.
    """
    unusual = (stone != _USUAL_ROW) & ~(np.isnan(stone) & np.isnan(_USUAL_ROW))
    told = tuple(name for name, places in _PLACES.items() if unusual[places].any())
    known, weights = _game(told)
    prices = prices_of(np.where(known, stone, _USUAL_ROW))
    owed = dict(zip(told, weights @ prices, strict=True))
    return float(prices[0]), float(prices[-1]), np.array([owed.get(name, 0.0) for name in PROPERTIES])


(_USUAL_ROW,) = rows_of([USUAL])
_PLACES = {name: [FEATURES.index(each) for each in features] for name, features in PROPERTIES.items()}


@cache
def _game(properties: tuple[str, ...]) -> tuple[npt.NDArray[np.bool_], Matrix]:
    """The states of knowledge that orders of telling pass through, from nothing to everything.

    Which features each knows, shape (states, 9), and what each property is owed as weights of the states'
    prices, shape (properties, states).
    """
    told_together = [[name for name in names if name in properties] for names in _TOLD_TOGETHER]
    orders = [[*chain(*order)] for order in permutations(filter(None, told_together))]
    owed: dict[frozenset[str], Counter[str]] = defaultdict(Counter, {frozenset(): Counter()})
    for order in orders:
        for before, name in enumerate(order):
            owed[frozenset(order[:before])][name] -= 1
            owed[frozenset(order[: before + 1])][name] += 1
    states = sorted(owed, key=len)
    known = [[any(feature in PROPERTIES[name] for name in state) for feature in FEATURES] for state in states]
    weights = [[owed[state][name] / len(orders) for name in properties] for state in states]
    return np.array(known), np.array(weights).T
