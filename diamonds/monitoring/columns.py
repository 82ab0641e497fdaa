"""Turns stones, quotes and sales into the columns that are watched for drift."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from diamonds.diamond import FEATURES, MEASURES
from diamonds.grades import GRADES
from diamonds.models.features import Matrix, matrix_of
from diamonds.monitoring.drift import GRADE, MEASURE, SHARE, Column, Reference, Values

QUOTED_PRICE, SALE_RATIO = "quoted price", "sale to quote"
MISSING, WARNINGS, BAD_REQUESTS = "missing measures", "warnings", "bad requests"
_SHARES = (MISSING, WARNINGS, BAD_REQUESTS)


def stone_columns(matrix: Matrix) -> dict[str, Values]:
    """The measures and the codes of the grades, by name; unknown ones are NaN."""
    return {name: matrix[:, place] for place, name in enumerate(FEATURES)}


def quote_columns(quotes: pd.DataFrame) -> dict[str, Values]:
    """The columns of recorded calls: the stones and prices of those that quoted, and the shares of problems.

    ``quotes`` has the ``FEATURES`` and ``price``, all NaN of calls that were refused, ``warned`` and
    ``refused``.
    """
    quoted = quotes[~quotes["refused"]]
    return {
        **stone_columns(matrix_of(quoted)),
        QUOTED_PRICE: quoted["price"].to_numpy("float64"),
        MISSING: quoted[list(MEASURES)].isna().any(axis=1).to_numpy("float64"),
        WARNINGS: quoted["warned"].to_numpy("float64"),
        BAD_REQUESTS: quotes["refused"].to_numpy("float64"),
    }


def sale_columns(sales: pd.DataFrame) -> dict[str, Values]:
    """The logarithm of what stones were sold for over what was quoted: ``price`` and ``predicted``."""
    return {SALE_RATIO: np.log(sales["price"].to_numpy("float64") / sales["predicted"].to_numpy("float64"))}


def reference(
    training: pd.DataFrame,
    hold_out: pd.DataFrame,
    baseline: Mapping[str, Values],
    *,
    seed: int = 0,
    usual: dict[tuple[str, int], Values] | None = None,
) -> Reference:
    """What windows are compared with: the stones that the champion learned from, and what it quoted those
    that were held out, with their ``price`` and ``predicted``.

    ``baseline`` has what no training data has, the shares of problems in earlier calls; of those it lacks,
    none is judged. ``usual`` is that of an earlier reference with the same stones, which takes seconds to
    draw again.
    """
    values = {
        **stone_columns(matrix_of(training)),
        QUOTED_PRICE: hold_out["predicted"].to_numpy("float64"),
        **sale_columns(hold_out),
        **{name: baseline[name] for name in _SHARES if name in baseline},
    }
    kinds = dict.fromkeys(GRADES, GRADE) | dict.fromkeys(_SHARES, SHARE)
    columns = {name: Column(kinds.get(name, MEASURE), each[~np.isnan(each)]) for name, each in values.items()}
    return Reference(
        {name: column for name, column in columns.items() if len(column.values)},
        seed,
        {} if usual is None else usual,
    )
