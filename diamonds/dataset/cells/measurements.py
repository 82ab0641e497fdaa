"""Parses three dimensions in one cell, as in ``5.17 x 5.18 x 3.27`` or ``6.11-6.17x3.82``."""

import re
from functools import lru_cache

import polars as pl

from diamonds.dataset.cells.numbers import Parsed, with_flags
from diamonds.dataset.cells.texts import by_spelling, plain, texts_of

_NUMBER = r"\d+(?:[.,]\d+)?|[.,]\d+"
_BETWEEN = re.compile(
    r"(?:\s|mm|by|per|and|[x×*·/;,:()\[\]\-–lwhdbø⌀]|length|width|height|depth|min|max)*", re.IGNORECASE
)


@lru_cache(maxsize=10_000)
def dimensions_of(text: str) -> tuple[float, float, float] | None:
    """The three numbers of a cell in their order, None when it has another number of them or other words."""
    bare = plain(text)
    numbers = re.findall(_NUMBER, bare)
    rest = re.split(_NUMBER, bare)
    if len(numbers) != 3 or not all(_BETWEEN.fullmatch(part) for part in rest) or not all(rest[1:3]):
        return None
    first, second, third = (float(number.replace(",", ".")) for number in numbers)
    return first, second, third


def parse_dimension(cells: pl.Series, position: int, factor: float = 1.0) -> Parsed:
    """The dimension at this position of each cell, in mm; ``factor`` turns numbers without a unit into mm."""
    texts = texts_of(cells)

    def one(text: str) -> float | None:
        dimensions = dimensions_of(text)
        return float(f"{dimensions[position] * factor:.12g}") if dimensions else None

    return with_flags(by_spelling(texts, one, pl.Float64), texts)


def smallest_position(cells: pl.Series) -> int:
    """The position at which the smallest of the three dimensions usually is: the depth of a stone."""
    found = [dimensions for text in texts_of(cells).drop_nulls() if (dimensions := dimensions_of(text))]
    counts = [sum(dimensions.index(min(dimensions)) == at for dimensions in found) for at in range(3)]
    return max((2, 0, 1), key=counts.__getitem__)


def share_of_dimensions(cells: pl.Series) -> float:
    """The share of cells with a value that hold three dimensions."""
    texts = texts_of(cells).drop_nulls().to_list()
    return sum(dimensions_of(text) is not None for text in texts) / max(len(texts), 1)
