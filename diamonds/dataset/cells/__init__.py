"""Parses the cells of a table: numbers with units, prices, grades, dates, and words of the trade."""

from diamonds.dataset.cells.money import parse_numbers
from diamonds.dataset.cells.numbers import decimal_mark
from diamonds.dataset.cells.texts import MISSING

__all__ = ["MISSING", "decimal_mark", "parse_numbers"]
