"""Draws a column of the tables that a benchmark printed as bars, one for each row."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

_OURS = re.compile(r"\bours?\b|\bproduct\b")
_COLORS = {True: "#1f6f8b", False: "#8a8a8a"}
"""Of bars that are ours, and of others."""
_RULE = "|---"


def draw(printed: str, column: str, path: Path) -> bool:
    """Writes the bars as SVG; whether there is a table with that column and a number in it."""
    rows = list(_rows(printed, column))
    if rows:
        mpl.rcParams["svg.hashsalt"] = "diamonds"
        path.parent.mkdir(parents=True, exist_ok=True)
        _figure(rows, column).savefig(path, metadata={"Date": None})
    return bool(rows)


def _rows(printed: str, column: str) -> Iterator[tuple[str, float]]:
    """What the rows are called, by their columns of text, with their numbers."""
    header, texts = [], 0
    lines = [*printed.splitlines(), ""]
    for line, following in pairwise(lines):
        if following.startswith(_RULE):
            header, texts = _cells(line), following.replace("---:", "").count("---")
        elif line.startswith("| ") and column in header:
            cells = _cells(line)
            number = _number(cells[header.index(column)])
            if number is not None:
                yield ", ".join(cells[:texts]), number


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _figure(rows: list[tuple[str, float]], column: str) -> Figure:
    figure = Figure(figsize=(7.5, 0.6 + 0.28 * len(rows)), layout="constrained")
    axes = figure.subplots()
    names, numbers = [name for name, _ in rows], [number for _, number in rows]
    bars = axes.barh(range(len(rows)), numbers, color=[_COLORS[bool(_OURS.search(name))] for name in names])
    axes.bar_label(bars, [f"{number:,g}" for number in numbers], padding=3, fontsize=8)
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set(xlabel=column, xlim=(0, 1.15 * max(numbers)))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    return figure
