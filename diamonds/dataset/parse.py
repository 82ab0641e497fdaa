"""Parses rows as an interpretation says: measures, grades, price, and what a stone is."""

from collections.abc import Callable, Mapping

import polars as pl

from diamonds.dataset.cells.currencies import CURRENCIES
from diamonds.dataset.cells.grades import parse_grades
from diamonds.dataset.cells.measurements import parse_dimension
from diamonds.dataset.cells.money import parse_prices, per_stone
from diamonds.dataset.cells.numbers import Parsed, all_readable, parse_measure, unknown
from diamonds.dataset.cells.texts import by_spelling, is_missing, plain, texts_of
from diamonds.dataset.cells.words import is_per_carat, is_untreated, origin_of, shape_of, truth_of
from diamonds.dataset.columns.fits import filled
from diamonds.dataset.interpretation import Interpretation
from diamonds.dataset.market import ANY, Market
from diamonds.dataset.rules import outside, unreadable
from diamonds.diamond import MEASURES
from diamonds.grades import GRADES

OTHER_SHAPE, OTHER_ORIGIN, TREATED, OTHER_CURRENCY = (
    "other shape",
    "other origin",
    "treated",
    "other currency",
)
SEVERAL_STONES = "several stones"
SOLD_AT = "sold at"

Mapped = Mapping[str, Mapping[str, str]]


def parsed(raw: pl.DataFrame, interpretation: Interpretation, market: Market, mapped: Mapped) -> pl.DataFrame:
    """The rows with ``COLUMNS`` and flags: unreadable cells, grades outside the scale, other markets.

    Columns that the table does not have are null. ``mapped`` has grades by spellings for each column.
    """
    columns: dict[str, pl.Series] = {}
    for column in MEASURES:
        columns[column], columns[unreadable(column)] = _measure(raw, column, interpretation)
    prices, columns[unreadable("price")], currencies = _prices(raw, interpretation)
    columns["price"] = prices
    for column in GRADES:
        columns |= _grades(raw, column, interpretation, mapped)
    if "price per carat" in interpretation.columns:
        columns["price"] = per_stone(prices, columns["carat"])
    columns |= _flags(raw, interpretation, market, currencies)
    if name := interpretation.columns.get(SOLD_AT):
        columns[SOLD_AT] = raw[name]
    return _per_stone_where_stated(pl.DataFrame(columns), raw, interpretation)


def _absent(raw: pl.DataFrame) -> Parsed:
    empty = unknown(len(raw))
    return empty, all_readable(empty)


def _measure(raw: pl.DataFrame, column: str, interpretation: Interpretation) -> Parsed:
    columns = interpretation.columns
    if column in columns:
        return parse_measure(raw[columns[column]], column, interpretation.factors.get(column, 1.0))
    if column in interpretation.positions:
        factor = interpretation.factors.get(column, 1.0)
        return parse_dimension(raw[columns["measurements"]], interpretation.positions[column], factor)
    return _absent(raw)


def _prices(
    raw: pl.DataFrame, interpretation: Interpretation
) -> tuple[pl.Series, pl.Series, pl.Series | None]:
    columns = interpretation.columns
    name = columns.get("price") or columns.get("price per carat")
    if name is None:
        return *_absent(raw), None
    return parse_prices(
        raw[name],
        interpretation.price_mark,
        per_carat="price per carat" in columns,
        brackets=interpretation.price_in_brackets,
    )


def _grades(
    raw: pl.DataFrame, column: str, interpretation: Interpretation, mapped: Mapped
) -> dict[str, pl.Series]:
    cells = raw[interpretation.columns[column]]
    grades, is_outside = parse_grades(cells, column, interpretation.excellent, mapped.get(column, {}))
    return {column: grades} if is_outside is None else {column: grades, outside(column): is_outside}


def _flags(
    raw: pl.DataFrame, interpretation: Interpretation, market: Market, currencies: pl.Series | None
) -> dict[str, pl.Series]:
    """Which stones are of another market, by each column that says so."""
    flags: dict[str, list[pl.Series]] = {}
    for role, names in interpretation.market_columns.items():
        for name in names:
            if (flag := _flag(role, raw[name], market)) is not None:
                flags.setdefault(flag[0], []).append(flag[1])
    if currencies is not None and market.currency != ANY:
        flags.setdefault(OTHER_CURRENCY, []).append((currencies != market.currency).fill_null(False))
    return {name: _any(several) for name, several in flags.items()}


def _any(flags: list[pl.Series]) -> pl.Series:
    combined = flags[0]
    for flag in flags[1:]:
        combined = combined | flag
    return combined


def _flag(role: str, cells: pl.Series, market: Market) -> tuple[str, pl.Series] | None:
    if role == "shape" and market.shape != ANY:
        return OTHER_SHAPE, _unless(cells, lambda text: shape_of(text) == market.shape)
    if role in ("origin", "lab-grown", "natural") and market.origin != ANY:
        return OTHER_ORIGIN, _unless(cells, _is_of_origin(role, cells, market.origin))
    if role == "treatment" and market.treatment != ANY:
        untreated = market.treatment == "untreated"
        return TREATED, _unless(cells, lambda text: is_untreated(text) == untreated, empty=untreated)
    if role == "pieces":
        count, _ = parse_measure(cells, "x")
        return SEVERAL_STONES, (count > 1).fill_null(False)
    if role == "currency" and market.currency != ANY:
        return OTHER_CURRENCY, _unless(
            cells, lambda text: CURRENCIES.get(plain(text).casefold()) == market.currency
        )
    return None


def _unless(cells: pl.Series, belongs: Callable[[str], bool], *, empty: bool = False) -> pl.Series:
    """Which stones do not belong to the market; ``empty`` says whether those without a value do."""

    def is_other(text: str) -> bool:
        return not (empty if is_missing(text) and not belongs(text) else belongs(text))

    return by_spelling(texts_of(cells), is_other, pl.Boolean).fill_null(not empty)


def _is_of_origin(role: str, cells: pl.Series, origin: str) -> Callable[[str], bool]:
    if role in ("lab-grown", "natural"):
        wanted = (role == "lab-grown") == (origin == "lab-grown")
        return lambda text: truth_of(text) is wanted
    # Where no cell says natural, the others are places where diamonds are mined.
    places = not any(origin_of(text) == "natural" for text in set(filled(cells)))
    return lambda text: (origin_of(text) or ("natural" if places else "")) == origin


def _per_stone_where_stated(
    rows: pl.DataFrame, raw: pl.DataFrame, interpretation: Interpretation
) -> pl.DataFrame:
    """The rows with prices per carat turned into prices where a column says that they are such."""
    for name in interpretation.market_columns.get("price unit", ()):
        per_carat = by_spelling(texts_of(raw[name]), is_per_carat, pl.Boolean).fill_null(False)
        prices = pl.select(
            pl.when(per_carat).then(per_stone(rows["price"], rows["carat"])).otherwise(rows["price"])
        )
        rows = rows.with_columns(prices.to_series().alias("price"))
    return rows
