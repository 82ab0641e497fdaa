"""Parses cells as prices: amounts with marks of thousands, and the currencies beside them."""

import re
from dataclasses import dataclass
from functools import partial

import polars as pl

from diamonds.dataset.cells.currencies import CURRENCIES
from diamonds.dataset.cells.numbers import rounded, typed_numbers, with_flags
from diamonds.dataset.cells.texts import by_spelling, plain, remembered, texts_of

_AMOUNT = re.compile(
    r"(?P<before>[^\d+\-.,]*?)\s*(?P<sign>[+-]?)\s*(?P<number>[.,]?\d[\d.,' ]*)(?P<after>.*)"
)
_PER_CARAT = re.compile(r"(?:/|per|p/|pro|par|por|al|je)\s*(?:ct|cts|carat|carats|karat|carato|quilate)\.?$")
_ROUND_END = re.compile(r"[.,]\s*-{1,2}(?=\D*$)")  # 873.- and 873,--
_ONE_GROUP = r"^\D*[1-9]\d{0,2}[.,]\d{3}\D*$"

Prices = tuple[pl.Series, pl.Series, pl.Series | None]
"""Amounts as float64, whether each is unreadable, and the currency of each cell that has one, if any has."""


@dataclass(frozen=True, slots=True)
class Money:
    """A price as it stands in a cell."""

    amount: float
    currency: str | None
    per_carat: bool
    bracketed: bool


def parse_prices(cells: pl.Series, mark: str, *, per_carat: bool = False, brackets: bool = False) -> Prices:
    """Prices of the decimal mark ``mark``: a group of three digits after the other mark are thousands.

    A cell that says *per carat* is readable only with ``per_carat``. An amount in round brackets is negative,
    as bookkeepers write it, unless ``brackets`` says that they mean nothing here.
    """
    if (numbers := typed_numbers(cells)) is not None:
        return *numbers, None
    texts = texts_of(cells)
    values = texts.cast(pl.Float64, strict=False)
    if values.null_count() == texts.null_count() and not texts.str.contains(_ONE_GROUP).any():
        return *with_flags(values, texts), None
    spellings = texts.unique().drop_nulls().to_list()
    parsed = {
        text: money for text in spellings if (money := money_of(text, mark)) and money.per_carat <= per_carat
    }
    values = by_spelling(texts, partial(_amount, parsed=parsed, brackets=brackets), pl.Float64)
    return *with_flags(values, texts), _currencies(texts, parsed)


def _amount(text: str, parsed: dict[str, Money], brackets: bool) -> float | None:
    money = parsed.get(text)
    if money is None:
        return _float(text)
    return -money.amount if money.bracketed and not brackets else money.amount


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _currencies(texts: pl.Series, parsed: dict[str, Money]) -> pl.Series | None:
    currencies = {text: money.currency for text, money in parsed.items() if money.currency}
    return by_spelling(texts, currencies.get, pl.String) if currencies else None


@remembered
def money_of(text: str, mark: str) -> Money | None:
    """The price in a cell; None when it is no price or has words that are not known."""
    bare = plain(text)
    bracketed = bare.startswith("(") and bare.endswith(")")
    bare = re.sub(r"[()\[\]{}]", " ", bare).strip().casefold()
    match = _AMOUNT.fullmatch(_ROUND_END.sub("", bare))
    if match is None:
        return None
    after, per_carat = _without_unit(match["after"])
    currency = _currency(match["before"], after)
    amount = amount_of(match["number"].strip(" '"), mark)
    if currency is None or amount is None:
        return None
    return Money(-amount if match["sign"] == "-" else amount, currency or None, per_carat, bracketed)


def _without_unit(after: str) -> tuple[str, bool]:
    bare = _PER_CARAT.sub("", after.strip())
    return bare, bare != after.strip()


def _currency(before: str, after: str) -> str | None:
    """The code of the currency, nothing where none is named, None where something else stands there."""
    words = [word for word in (before.strip(" '\":."), after.strip(" '\":.")) if word]
    codes = {
        CURRENCIES.get(word) or CURRENCIES.get(word.replace(" ", "")) or _repeated(word) for word in words
    }
    if None in codes or len(codes) > 1:
        return None
    return codes.pop() if codes else ""


def _repeated(words: str) -> str | None:
    codes = {CURRENCIES.get(word) for word in words.split()}
    return codes.pop() if len(codes) == 1 else None


def amount_of(number: str, mark: str) -> float | None:
    """The amount that digits with marks are; None when the marks are at impossible places."""
    other = "," if mark == "." else "."
    groups = rf"[{other}' ]"
    if re.fullmatch(rf"\d+(\{mark}\d*)?|\{mark}\d+", number):
        return float(number.replace(",", "."))
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{groups}\d{{2,3}})*{groups}\d{{3}}(\{mark}\d+)?", number):
        return float(re.sub(groups, "", number).replace(",", "."))
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:\{mark}\d{{3}}){{2,}}", number):
        return float(number.replace(mark, ""))
    if re.fullmatch(rf"\d+\{other}\d{{1,2}}", number):
        return float(number.replace(",", "."))
    return None


def price_mark(cells: pl.Series) -> str:
    """The decimal mark of a column of prices, by the cells that leave no doubt; ``.`` or ``,``.

    Where all cells have three digits after a mark, or none, it is one of thousands.
    """
    texts = texts_of(cells).drop_nulls()
    counts = {mark: int(texts.str.contains(_decimals(mark)).sum()) for mark in ".,"}
    if counts["."] == counts[","]:
        grouped = {mark: int(texts.str.contains(rf"\d\{mark}\d{{3}}(\D|$)").sum()) for mark in ".,"}
        return "," if grouped["."] > grouped[","] else "."
    return max(counts, key=lambda mark: counts[mark])


def _decimals(mark: str) -> str:
    """Where only a decimal mark is possible: before one, two or four digits at the end, or after a zero."""
    return rf"(^|\D)(0?\{mark}\d+|\d+\{mark}(\d{{1,2}}|\d{{4,}})|\d{{4,}}\{mark}\d+)(\D*)$"


def per_stone(amounts: pl.Series, carats: pl.Series) -> pl.Series:
    """The prices of stones from their prices per carat, to the cent."""
    return rounded(amounts * carats).round(2)


def parse_numbers(cells: pl.Series, mark: str) -> tuple[pl.Series, pl.Series]:
    """Cells as numbers of any size; ``mark`` is the decimal mark of text."""
    amounts, unreadable, _ = parse_prices(cells, mark)
    return amounts, unreadable
