"""Prices recorded sales offline with any version, in no request's path: what it would have quoted."""

import numpy as np
import pandas as pd

from diamonds.models.features import matrix_of
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.versions.version import Version

MOST_SALES = 2_000
"""Maximum number of sales, the newest ones, that challengers price."""


def shadow(sales: pd.DataFrame, version: Version) -> pd.DataFrame:
    """The sales with what the version would have quoted, without those of grades that it does not know."""
    return shadow_by(sales, load_pricer(version))


def shadow_by(sales: pd.DataFrame, pricer: Pricer) -> pd.DataFrame:
    """As ``shadow``, with a version that is loaded."""
    if sales.empty:
        return sales
    fitted = pricer.fit(matrix_of(sales))
    known = sales[[place not in fitted.refused for place in range(len(sales))]]
    quotes = pricer.quotes(matrix_of(known))
    quoted = {"predicted": quotes.price, "low": quotes.low, "high": quotes.high}
    return known.assign(**{name: np.array(values, dtype="float64") for name, values in quoted.items()})
