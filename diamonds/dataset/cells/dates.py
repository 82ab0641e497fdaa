"""Parses dates of any usual format; the whole column decides between day and month."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from diamonds.dataset.cells.texts import by_spelling, is_missing, plain, remembered, texts_of

_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan ene gen janv enero gennaio januar janeiro januari janvier",
            "feb fev fév fevr févr febrero febbraio februar fevereiro februari fevrier février",
            "mar mär mrz maa mars marzo märz março maart",
            "apr abr avr abril aprile avril",
            "may mai mag mei mayo maggio maio",
            "jun giu juin junio giugno juni junho",
            "jul lug juil julio luglio juli julho juillet",
            "aug ago aoû août aout agosto augustus",
            "sep sept set septiembre settembre setembro septembre",
            "oct okt ott out octubre ottobre oktober outubro octobre",
            "nov noviembre novembre novembro",
            "dec dez dic déc diciembre dicembre dezember dezembro décembre",
        ),
        1,
    )
    for word in words.split()
} | {
    name.casefold(): number
    for number, name in enumerate(
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        1,
    )
}
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}.*$")
_YEAR_FIRST = re.compile(r"((?:19|20)\d{2})[-/. ]?(\d{1,2})[-/. ]?(\d{1,2})")
_THREE_NUMBERS = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d{2})")
_DAY_AND_WORD = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.|º)?[-/ .]*(?:de |of )?([^\W\d_]+)\.?[-/ ,.]*(?:de )?(\d{4}|\d{2})"
)
_WORD_AND_DAY = re.compile(r"([^\W\d_]+)\.?[-/ ]*(\d{1,2})(?:st|nd|rd|th)?[-/ ,]+(\d{4}|\d{2})")
_WEEKDAY = re.compile(r"^[^\W\d_]+,\s+(?=\d)")

EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)
_EPOCH_SECONDS = (300_000_000, 4_000_000_000)
EARLIEST_YEAR, LATEST_YEAR = 1950, 2100


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of a column, null where unknown, and what is to be said about how they were read."""

    dates: pl.Series
    notes: tuple[str, ...] = ()


def parse_dates(cells: pl.Series, name: str) -> Dates:
    """The dates of a whole column; all unknown, with a note, when day and month cannot be told apart."""
    if cells.dtype.is_temporal() and cells.dtype not in (pl.Time, pl.Duration):
        return Dates(cells.cast(pl.Date).alias("sold_at"))
    if cells.dtype.is_numeric():
        return _from_texts(cells.cast(pl.Int64, strict=False).cast(pl.String), name)
    return _from_texts(texts_of(cells), name)


def _from_texts(texts: pl.Series, name: str) -> Dates:
    pairs = [match for text in texts.unique().drop_nulls() if (match := _numbers_of(text))]
    day_first = any(int(match[1]) > 12 for match in pairs)
    month_first = any(int(match[3]) > 12 for match in pairs)
    if pairs and day_first == month_first:
        day_first = not day_first and all(
            match[2] == "." for match in pairs
        )  # only days come before a full stop
        if not day_first:
            both = "both orders" if month_first else "no day above 12"
            cause = f"day and month cannot be told apart ({both}, as in {pairs[0][0]!r})"
            note = f"The dates of {name!r} are unknown: {cause}."
            return Dates(pl.repeat(None, len(texts), dtype=pl.Date, eager=True).alias("sold_at"), (note,))
    dates = by_spelling(texts, lambda text: date_of(text, day_first=day_first), pl.Date).alias("sold_at")
    return Dates(dates, _notes(texts, dates, name, day_first if pairs else None))


def _notes(texts: pl.Series, dates: pl.Series, name: str, day_first: bool | None) -> tuple[str, ...]:
    order = {True: "day before month", False: "month before day", None: ""}[day_first]
    notes = [f"The dates of {name!r} are read with the {order}."] if order else []
    doubtful = texts.filter(dates.is_null() & texts.is_not_null())
    unreadable = [text for text in doubtful.unique(maintain_order=True) if not is_missing(text)]
    if unreadable:
        rows = int(doubtful.is_in(unreadable).sum())
        notes.append(
            f"{rows:,} dates of {name!r} could not be read, such as {', '.join(map(repr, unreadable[:3]))}."
        )
    return tuple(notes)


def _numbers_of(text: str) -> re.Match[str] | None:
    return _THREE_NUMBERS.fullmatch(_day_part(text))


def _day_part(text: str) -> str:
    return _WEEKDAY.sub("", _TIME.sub("", plain(text)))


@remembered
def date_of(text: str, *, day_first: bool) -> date | None:
    """The date in a cell; ``day_first`` decides between numbers that could be day and month."""
    bare = _day_part(text)
    if match := _YEAR_FIRST.fullmatch(bare):
        return _date(match[1], match[2], match[3])
    if match := _THREE_NUMBERS.fullmatch(bare):
        day, month = (match[1], match[3]) if day_first else (match[3], match[1])
        return _date(match[4], month, day)
    if match := _DAY_AND_WORD.fullmatch(bare):
        return _date(match[3], _MONTHS.get(match[2].casefold()), match[1])
    if match := _WORD_AND_DAY.fullmatch(bare):
        return _date(match[3], _MONTHS.get(match[1].casefold()), match[2])
    return _from_serial(bare)


def _date(year: str, month: Any, day: str) -> date | None:
    if month is None:
        return None
    full = int(year) if len(year) == 4 else 2000 + int(year) - (100 if int(year) >= 70 else 0)
    try:
        parsed = date(full, int(month), int(day))
    except ValueError:
        return None
    return parsed if EARLIEST_YEAR <= parsed.year <= LATEST_YEAR else None


def _from_serial(text: str) -> date | None:
    """The date of a number: days as spreadsheets count them, or seconds or milliseconds since 1970."""
    try:
        number = float(text)
    except ValueError:
        return None
    if int(number) in _EXCEL_DAYS:
        return EXCEL_EPOCH + timedelta(days=int(number))
    for scale in (1, 1_000, 1_000_000):
        low, high = _EPOCH_SECONDS
        if low <= number / scale <= high:
            return (datetime(1970, 1, 1) + timedelta(seconds=number / scale)).date()  # noqa: DTZ001 - UTC by definition
    return None


def could_be_dates(cells: pl.Series) -> bool:
    """Whether most cells with a value are dates, whatever the order of day and month."""
    if cells.dtype.is_temporal():
        return cells.dtype not in (pl.Time, pl.Duration)
    texts = [text for text in texts_of(cells).drop_nulls().head(200) if not is_missing(text)]
    read = sum(bool(date_of(text, day_first=True) or date_of(text, day_first=False)) for text in texts)
    return bool(texts) and read * 2 > len(texts)
