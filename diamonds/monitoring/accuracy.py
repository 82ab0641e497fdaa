"""Live accuracy: how far quotes were off what the stones were sold for, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from diamonds.evaluation.metrics import Evaluation
from diamonds.models.spec import Prices

CONFIDENCE = 0.95
FEWEST_STONES = 30
"""Number of sales below which a slice is not listed."""
_RESAMPLES = 400
_ONE_AT_A_TIME = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far quotes were off on ``stones`` sales.

    ``mae_usd`` is in USD; ``mape`` and ``bias`` (above 0: quoted too high) are shares of the sale price, the
    mean absolute and the mean signed one. Their intervals are bootstrapped; those of the shares of quotes
    within 10% and of sales within the quoted interval are exact (Clopper-Pearson). ``coverage`` is None where
    no interval is known.
    """

    stones: int
    mae_usd: Estimate
    mape: Estimate
    bias: Estimate
    within_10_percent: Estimate
    coverage: Estimate | None


def accuracy(sales: pd.DataFrame) -> Accuracy:
    """The accuracy on one sale or more: columns ``price`` of the sale, ``predicted``, ``low``, ``high``."""
    price, predicted = (sales[name].to_numpy("float64") for name in ("price", "predicted"))
    share = predicted / price - 1
    known = sales.dropna(subset=["low", "high"])
    covered = known["price"].between(known["low"], known["high"])
    mae_usd, mape, bias = _means(np.abs(predicted - price), np.abs(share), share)
    return Accuracy(
        stones=len(sales),
        mae_usd=mae_usd,
        mape=mape,
        bias=bias,
        within_10_percent=_share(int((np.abs(share) <= 0.1).sum()), len(sales)),
        coverage=_share(int(covered.sum()), len(known)) if len(known) else None,
    )


def by_version(sales: pd.DataFrame) -> Iterator[tuple[str, Accuracy]]:
    """The accuracy of each version that quoted sold stones."""
    for version, sold in sales.groupby("version"):
        yield str(version), accuracy(sold)


def by_day(sales: pd.DataFrame) -> Iterator[tuple[str, Accuracy]]:
    """The accuracy on the sales of each day, in UTC."""
    for day, sold in sales.groupby(sales["sold_at"].dt.date):
        yield str(day), accuracy(sold)


def by_slice(sales: pd.DataFrame) -> Iterator[tuple[str, Accuracy]]:
    """The accuracy on each cut, color, clarity and band of weight of which enough stones were sold."""
    for name, slice_ in Evaluation(sales).slices():
        if len(slice_.stones) >= FEWEST_STONES:
            yield name, accuracy(slice_.stones)


def rolling(sales: pd.DataFrame, days: int, now: pd.Timestamp) -> Accuracy | None:
    """The accuracy on the sales of so many days before ``now``; None: there were none."""
    sold = sales[sales["sold_at"].between(now - pd.Timedelta(days=days), now, inclusive="left")]
    return accuracy(sold) if len(sold) else None


def _means(*columns: Prices) -> list[Estimate]:
    """The means of columns of the same sales, from one set of resamples."""
    means, stones = [float(each.mean()) for each in columns], len(columns[0])
    if stones < 2:
        return [Estimate(mean, mean, mean) for mean in means]
    interval = stats.bootstrap(
        (np.arange(stones),),
        lambda rows, axis: np.array([each.take(rows).mean(axis=axis) for each in columns]),
        n_resamples=_RESAMPLES,
        batch=_ONE_AT_A_TIME,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    bounds = zip(means, interval.low.tolist(), interval.high.tolist(), strict=True)
    return [Estimate(*each) for each in bounds]


def _share(hits: int, number: int) -> Estimate:
    """With the exact interval of Clopper and Pearson, https://doi.org/10.1093/biomet/26.4.404."""
    missed, tail = number - hits, (1 - CONFIDENCE) / 2
    low = float(special.betaincinv(hits, missed + 1, tail)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, missed, 1 - tail)) if missed else 1.0
    return Estimate(hits / number, low, high)
