"""Draws the plots of docs/monitoring.md: ``python scripts/market_plots.py sudden.json bad-champion.json``.

Each file is what ``diamonds simulate SHIFT --live --json`` printed. The plot of coverage prices a simulated
market with the champion of the model store, which there must be.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diamonds.models.features import matrix_of
from diamonds.monitoring.adaptive_intervals import adapted, distances
from diamonds.monitoring.market import MEANINGS, Market, Shift
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.reference import reference_stones

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "plots"
DAYS, SHIFT_DAY, CALLS, RUN = 40, 20, 600, 500
BLUE, ORANGE, RED, GRAY = "#1f6f8b", "#d9822b", "#c0392b", "#8a8a8a"
_SAME_BYTES: dict[str, Any] = {"Date": None}


def main(files: Sequence[str]) -> None:
    """Draws the live error of each market, and the coverage of intervals with and without adaption."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    mpl.rcParams |= {"svg.hashsalt": "diamonds", "svg.fonttype": "none"}
    for file in map(Path, files):
        save(live_error(file.stem, json.loads(file.read_text())), f"live-{file.stem}.svg")
    champion = store.champion()
    if champion is None:
        raise store.NoChampion("There is no champion to quote in the market. Train with: diamonds train")
    save(coverage(load_pricer(champion)), "coverage.svg")


def save(figure: Figure, name: str) -> None:
    figure.savefig(FOLDER / name, metadata=_SAME_BYTES)


def live_error(shift: str, market: dict[str, Any]) -> Figure:
    """The error of each day's sales, with the champions' reigns, and the days that ended with an alarm."""
    figure, axes = plot(f"{shift}, live: the error of each day's sales", "day of the market", "off by, %")
    days = market["days"]
    numbers = [day["number"] for day in days]
    errors = [np.nan if day["mape"] is None else 100 * day["mape"] for day in days]
    axes.plot(numbers, errors, color=BLUE, marker="o", markersize=3)
    alarmed = [place for place, day in enumerate(days) if day["alarms"]]
    axes.plot(
        [numbers[each] for each in alarmed],
        [errors[each] for each in alarmed],
        linestyle="none",
        marker="o",
        color=RED,
        label="alarms in the evening",
    )
    axes.axvline(market["shift_day"], color=GRAY, linestyle=":", label="the market changes")
    top = 1.15 * float(np.nanmax(errors))
    axes.set_ylim(0, top)
    for place, (first, name) in enumerate(reigns(days)):
        if place:
            axes.axvline(
                first, color=ORANGE, linestyle="--", label="another champion" if place == 1 else None
            )
        axes.text(first, 0.03 * top, f" {name}", color=ORANGE, fontsize=8)
    axes.legend(fontsize=8)
    return figure


def reigns(days: Sequence[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """The first day of each champion, with its model and the start of its version."""
    for tag, reign in groupby(days, key=lambda day: str(day["champion"])):
        name, _, version = tag.removeprefix("diamonds-").partition(":")
        yield next(reign)["number"], f"{name} {version[:4]}"


def coverage(pricer: Pricer) -> Figure:
    """The share of each 500 consecutive sales inside of the quoted and of the adapted intervals."""
    sales, promise = simulated_sales(pricer), settings().coverage
    figure, axes = plot(
        f"Sales inside of their interval, when {MEANINGS[Shift.SUDDEN]}",
        "sale",
        f"of the {RUN} sales before, %",
    )
    held = {
        "as quoted": (pd.Series(distances(sales) <= 1), GRAY),
        "adapted": (adapted(sales, promise)["held"].reset_index(drop=True), BLUE),
    }
    for label, (inside, color) in held.items():
        axes.plot(100 * inside.astype("float64").rolling(RUN).mean().iloc[::10], label=label, color=color)
    axes.axhspan(
        100 * promise - 3, 100 * promise + 3, color=BLUE, alpha=0.12, label="promised, within 3 points"
    )
    axes.axvline(int((~sales["shifted"]).sum()), color=GRAY, linestyle=":", label="the market changes")
    axes.legend(fontsize=8, loc="lower left")
    return figure


def simulated_sales(pricer: Pricer) -> pd.DataFrame:
    """The sales of a market in which every stone becomes dearer at once, in order, beside their quotes."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    market = Market(reference_stones(pricer.version), start, Shift.SUDDEN, SHIFT_DAY, CALLS)
    sold = pd.concat([sold_of(market, day, pricer) for day in market.days(DAYS)], ignore_index=True)
    sold = sold[sold["high"] > sold["predicted"]].sort_values("sold_at", kind="stable")
    change = pd.Timestamp(start) + pd.Timedelta(days=SHIFT_DAY)
    return sold.assign(shifted=sold["sold_at"] >= change).reset_index(drop=True)


def sold_of(market: Market, day: Any, pricer: Pricer) -> pd.DataFrame:
    """The sales of one day's calls, with what was quoted."""
    quotes = pricer.quotes(matrix_of(day.calls))
    quoted = pd.DataFrame(
        {"predicted": quotes.price, "low": quotes.low, "high": quotes.high}, dtype="float64"
    )
    sales = market.sales(day, np.where(day.calls["bad"], np.nan, quoted["predicted"]))
    return pd.concat([sales, quoted.iloc[sales["place"]].reset_index(drop=True)], axis=1)


def plot(title: str, xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.5, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


if __name__ == "__main__":
    main(sys.argv[1:])
