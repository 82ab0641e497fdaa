"""Reads cells as text, and recognises those that have no value."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import polars as pl

MISSING = ("", "na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", "unknown")
"""What people write, in any case, where they have no value."""
MISSING_TOO = (
    ".",
    "...",
    "---",
    "–",
    "—",
    "*",
    "n.a.",
    "#n/a",
    "nd",
    "n.d.",
    "not available",
    "(null)",
    "<na>",
)

# Characters between 0x80 and 0x9f are those of Windows, where text was read as Latin-1.
_PLAIN = str.maketrans(
    {"\x80": "€", "\x91": "'", "\x92": "'", "\x93": '"', "\x94": '"', "\x96": "-", "\x97": "-"}
    | dict.fromkeys("\u2018\u2019\u201b\u00b4\u0060\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
    | dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\u2014", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u200e\u200f", "")
)

_REMEMBERED_TEXTS, _LONGEST_REMEMBERED = 20_000, 40
_FEW_CELLS = 2_000
"""Number of cells up to which Python finds the value of each faster than polars."""

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")
Parse = Callable[Concatenate[str, Arguments], Value]


def remembered(parse: Parse[Arguments, Value]) -> Parse[Arguments, Value]:
    """Has a function remember what it made of short texts.

    The cells of a column are parsed several times: to recognise it, to check it, and to read it.
    """
    stored = lru_cache(maxsize=_REMEMBERED_TEXTS)(parse)

    @wraps(parse)
    def parsed(text: str, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
        return (stored if len(text) <= _LONGEST_REMEMBERED else parse)(text, *args, **kwargs)

    return parsed


@remembered
def plain(text: str) -> str:
    """The text with ordinary spaces, quotes and dashes, without quotes around it."""
    if text.isascii():
        normal = text.replace("`", "'")
    else:
        normal = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return " ".join(normal.split()).strip("'\" ").strip()


def words_in(table: str) -> tuple[str, ...]:
    """The words of a table that are separated by commas."""
    return tuple(word.strip() for word in table.split(","))


@remembered
def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value."""
    bare = plain(text).casefold()
    return bare in MISSING or bare in MISSING_TOO


def texts_of(cells: pl.Series) -> pl.Series:
    """The cells as text, null where they hold what has no text, such as lists or images."""
    if cells.dtype.is_nested() or cells.dtype == pl.Object:
        return pl.repeat(None, len(cells), dtype=pl.String, eager=True)
    if cells.dtype == pl.Binary:  # how some programs store text in Parquet
        return pl.Series([str(cell, "utf-8", "replace") if cell is not None else None for cell in cells])
    return cells.cast(pl.String, strict=False)


def by_spelling(texts: pl.Series, value_of: Callable[[str], Any], dtype: Any) -> pl.Series:
    """The value of each text, computed once for each spelling; null for null and where it is None."""
    if len(texts) <= _FEW_CELLS:
        cells = texts.to_list()
        values = {text: value_of(text) for text in set(cells) if text is not None}
        return pl.Series(texts.name, [values.get(text) for text in cells], dtype=dtype)
    spellings = texts.unique().drop_nulls().to_list()
    values = {text: value for text in spellings if (value := value_of(text)) is not None}
    return texts.replace_strict(list(values), list(values.values()), default=None, return_dtype=dtype)
