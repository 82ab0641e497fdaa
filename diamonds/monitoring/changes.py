"""Explains a drift: which stones and clients became more frequent, and what that does to prices."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from diamonds.grades import GRADE_CODES
from diamonds.models.spec import Prices
from diamonds.monitoring.columns import BAD_REQUESTS, QUOTED_PRICE, SALE_RATIO, quote_columns
from diamonds.monitoring.drift import GRADE, SHARE, Column, Values

_BANDS = 10
_MOST_CLIENTS = 3
_EXAMPLES = 5
_FEWEST_MORE = 0.1
"""By how much a client's share has to be above its share of all calls to be named."""
_NEARLY_ALL = 0.9

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Group:
    """Stones or clients that became more frequent: their ``share`` in the window, and what was ``usual``."""

    name: str
    share: float
    usual: float


@dataclass(frozen=True, slots=True)
class Change:
    """What is behind the drift of a column: the stones that it concerns most, the clients that sent more of
    them than of others, and five of their exchanges.
    """

    stones: Group
    clients: tuple[Group, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriceChange:
    """By which share prices changed: quotes because other stones were quoted (``mix``), and sales because
    the same stones sell at other prices (``market``); None where nobody can tell.
    """

    mix: float | None
    market: float | None


def price_text(mix: float | None, market: float | None) -> str | None:
    """A ``PriceChange`` in a sentence; None where nobody can tell anything."""
    texts = {"by other stones": mix, "by what the same stones are sold for": market}
    known = [f"{share:+.1%} {text}" for text, share in texts.items() if share is not None]
    return f"Prices in the newest window: {', '.join(known)}." if known else None


def change(name: str, column: Column, calls: pd.DataFrame) -> Change | None:
    """What is behind the drift of a column in ``calls``; None for a column of sales."""
    values = quote_columns(calls).get(name)
    if values is None or not len(values):
        return None
    rows = calls if name == BAD_REQUESTS else calls[~calls["refused"]]
    stones, inside = _most_grown(name, column, values)
    if not inside.any():
        return None
    concerned = rows[inside]
    return Change(stones, _clients(rows, concerned), _examples(concerned))


def _examples(concerned: pd.DataFrame) -> tuple[str, ...]:
    """Ids of exchanges, each once, though a batch has many of the stones."""
    return tuple(str(id_) for id_ in concerned["id"].unique()[:_EXAMPLES])


def price_change(reference: Mapping[str, Column], calls: pd.DataFrame, ratios: Values) -> PriceChange:
    """The change of prices since the reference; ``ratios`` are logarithms of sale prices over quotes."""
    quoted = calls.loc[~calls["refused"], "price"].to_numpy("float64")
    mix = market = None
    if len(quoted) and QUOTED_PRICE in reference:
        mix = float(np.expm1(_log_mean(quoted) - _log_mean(reference[QUOTED_PRICE].values)))
    if len(ratios) and SALE_RATIO in reference:
        market = float(np.expm1(np.median(ratios) - np.median(reference[SALE_RATIO].values)))
    return PriceChange(mix, market)


def _log_mean(prices: Prices) -> float:
    return float(np.log(prices).mean())


def _most_grown(name: str, column: Column, values: Values) -> tuple[Group, Mask]:
    """The grade or the band of values whose share grew most, and which values are of it."""
    if column.kind == GRADE:
        names = {code: grade for grade, code in GRADE_CODES[name].items()}
        levels = np.union1d(column.values, values)
        growth = {
            level: float((values == level).mean() - (column.values == level).mean()) for level in levels
        }
        level = max(levels, key=lambda each: growth[each])
        inside, before = values == level, column.values == level
        label = f"{name} {names.get(float(level), level)}"
    elif column.kind == SHARE:
        inside, before, label = values == 1, column.values == 1, name
    else:
        inside, before, label = _band(name, column.values, values)
    return Group(label, float(inside.mean()), float(before.mean())), inside


def _band(name: str, usual: Values, values: Values) -> tuple[Mask, Mask, str]:
    """The tenth of the usual values in which most are now, or what is below or above all of them."""
    edges = np.unique(np.quantile(usual, np.linspace(0, 1, _BANDS + 1)))
    bands, before = (np.searchsorted(edges, each, side="left") for each in (values, usual))
    number = len(edges) + 1
    growth = np.bincount(bands, minlength=number) / len(values) - np.bincount(before, minlength=number) / len(
        usual
    )
    band = int(growth.argmax())
    low = f"above {edges[band - 1]:,.4g}" if band else ""
    high = f"up to {edges[band]:,.4g}" if band < len(edges) else ""
    return bands == band, before == band, f"{name} {' '.join(filter(None, (low, high)))}"


def _clients(rows: pd.DataFrame, concerned: pd.DataFrame) -> tuple[Group, ...]:
    """The clients, by user agent and by key, with a share of the stones concerned well above that of all."""
    shares, usual = _client_shares(concerned), _client_shares(rows)
    grown = (shares - usual.reindex(shares.index)).sort_values(ascending=False, kind="stable")
    named = grown.index[grown >= _FEWEST_MORE]
    if named.empty:  # who sends nearly all cannot send a larger share of these
        named = shares.index[(shares >= _NEARLY_ALL) & (usual.reindex(shares.index) < 1)]
    names = [str(name) for name in named[:_MOST_CLIENTS]]
    return tuple(Group(name, float(shares[name]), float(usual[name])) for name in names)


def _client_shares(rows: pd.DataFrame) -> "pd.Series[float]":
    """The share of each user agent in the rows, and of each key by its name."""
    keys = "key " + rows["key_name"].dropna().astype("str")
    counts = [rows["user_agent"].fillna("(none)").value_counts(), keys.value_counts()]
    return pd.concat(counts).groupby(level=0).sum() / max(1, len(rows))
