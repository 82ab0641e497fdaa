"""Decides by the cells of a column whether it can have the role that its name suggests."""

from collections import Counter
from collections.abc import Callable

import polars as pl

from diamonds.dataset.cells.currencies import CURRENCIES
from diamonds.dataset.cells.dates import could_be_dates
from diamonds.dataset.cells.measurements import share_of_dimensions
from diamonds.dataset.cells.money import parse_prices, price_mark
from diamonds.dataset.cells.numbers import median_of, parse_measure
from diamonds.dataset.cells.texts import is_missing, plain, texts_of
from diamonds.dataset.cells.words import is_per_carat, is_shape_word, origin_of, shape_of, truth_of
from diamonds.grades import GRADES, grade_in

_LARGEST_USUAL_CARAT = 60
_MOST_KINDS = 60

Fits = Callable[[pl.Series], bool]


def fits(role: str, cells: pl.Series) -> bool:
    """Whether the cells can be of this role; a column without any value can be of each."""
    return role not in _FITS or not filled(cells) or _FITS[role](cells)


def filled(cells: pl.Series) -> list[str]:
    """The texts of the cells that have a value."""
    texts = texts_of(cells).drop_nulls().to_list()
    blank = {text for text in set(texts) if is_missing(text)}
    return [text for text in texts if text not in blank]


def _share(cells: pl.Series, holds: Callable[[str], bool]) -> float:
    counts = Counter(filled(cells))
    return sum(rows for text, rows in counts.items() if holds(text)) / max(counts.total(), 1)


def _is_grade(column: str) -> Fits:
    return lambda cells: _share(cells, lambda text: grade_in(column, text) is not None) > 0.3


def _is_weight(cells: pl.Series) -> bool:
    values, unreadable = parse_measure(cells, "carat")
    median = median_of(values) or 0.0
    return int(unreadable.sum()) * 2 < len(cells) and 0 < median <= _LARGEST_USUAL_CARAT


def _is_price(cells: pl.Series) -> bool:
    amounts, _, _ = parse_prices(cells, price_mark(cells), per_carat=True, brackets=True)
    return amounts.count() * 3 >= len(filled(cells))


def _is_origin(cells: pl.Series) -> bool:
    return _share(cells, lambda text: origin_of(text) is not None) > 0.5 or has_lab_word(cells)


def has_lab_word(cells: pl.Series) -> bool:
    """Whether any cell says in a word, not only a letter, that its stone is lab-grown."""
    kinds = set(filled(cells))
    return len(kinds) <= _MOST_KINDS and any(
        len(kind) > 2 and origin_of(kind) == "lab-grown" for kind in kinds
    )


def _is_flag(cells: pl.Series) -> bool:
    return _share(cells, lambda text: truth_of(text) is not None) > 0.5


def is_shape_column(cells: pl.Series) -> bool:
    """Whether the cells are shapes in words, whatever their column is called."""
    return len(set(filled(cells))) <= _MOST_KINDS and _share(cells, is_shape_word) > 0.8


def is_origin_column(cells: pl.Series) -> bool:
    """Whether the cells say natural or lab-grown, whatever their column is called."""
    texts = set(filled(cells))
    says = all(origin_of(text) is not None for text in texts)
    return bool(texts) and len(texts) <= _MOST_KINDS and says and any(len(text) > 2 for text in texts)


_FITS: dict[str, Fits] = {
    "carat": _is_weight,
    "price": _is_price,
    "price per carat": _is_price,
    "shape": lambda cells: _share(cells, lambda text: shape_of(text) is not None) > 0.4,
    "origin": _is_origin,
    "lab-grown": _is_flag,
    "natural": _is_flag,
    "pieces": lambda cells: parse_measure(cells, "x")[0].is_not_null().sum() * 2 > len(filled(cells)),
    "currency": lambda cells: _share(cells, lambda text: plain(text).casefold() in CURRENCIES) > 0.5,
    "price unit": lambda cells: _share(cells, lambda text: is_per_carat(text) is not None) > 0.5,
    "sold at": could_be_dates,
    "measurements": lambda cells: share_of_dimensions(cells) > 0.4,
} | {column: _is_grade(column) for column in GRADES}
