"""Chooses one column for each role from those whose names suggest it, by what they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from diamonds.dataset.cells.measurements import share_of_dimensions
from diamonds.dataset.cells.money import parse_prices, price_mark
from diamonds.dataset.cells.numbers import UNITS, parse_measure
from diamonds.dataset.columns import dimensions
from diamonds.dataset.columns.aliases import Aliases
from diamonds.dataset.columns.fits import filled, fits, is_origin_column, is_shape_column
from diamonds.dataset.columns.names import meaning_of, normalised
from diamonds.dataset.columns.recognise import (
    Candidates,
    ambiguities,
    candidates_of,
    checked_aliases,
    column_error,
    missing,
)
from diamonds.diamond import COLUMNS, DIMENSIONS

MARKET_ROLES = ("shape", "origin", "lab-grown", "natural", "treatment", "pieces", "currency", "price unit")
PRICE_ROLES = ("price", "price per carat", "price unit", "currency")
_POINT = 0.01
_CARATS_PER_GRAM = 5.0
_SAME_PRICE = 0.02


@dataclass(slots=True)
class Choice:
    """The column of each role; ``market`` has all columns that say what a stone is."""

    columns: dict[str, str] = field(default_factory=dict)
    market: dict[str, tuple[str, ...]] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def choose(
    header: Sequence[str], sample: pl.DataFrame, needed: Sequence[str], aliases: Aliases | None, currency: str
) -> Choice:
    """The column of each role; raises ``ColumnError`` when one is missing or could be several."""
    extra = checked_aliases(aliases)
    candidates = candidates_of(header, extra, currency)
    if "price" not in needed:
        candidates = {role: names for role, names in candidates.items() if role not in PRICE_ROLES}
    choice = Choice()
    explicit = {role for role in extra if candidates.get(role)}
    _move_shapes(candidates, sample, explicit, choice)
    fitting = {role: _fitting(role, names, sample, role in explicit) for role, names in candidates.items()}
    choice.market = {role: tuple(fitting.get(role, ())) for role in MARKET_ROLES if fitting.get(role)}
    _add_by_content(header, sample, fitting, choice)
    single = {role: names for role, names in fitting.items() if role not in MARKET_ROLES and names}
    plain = {role: _one(role, names, sample, currency) for role, names in single.items()}
    weights = {role: names for role, names in plain.items() if role not in dimensions.ROLES}
    _tell_price_from_price_per_carat(weights, sample)
    problems = ambiguities({role: names for role, names in weights.items() if role in COLUMNS})
    if problems or missing(weights, needed):
        absent = missing(weights, needed)
        problems += [f"Missing: {', '.join(map(repr, absent))}."] if absent else []
        raise column_error([*problems, *choice.notes], header, weights, needed, extra)
    choice.columns |= {role: names[0] for role, names in weights.items()}
    _choose_weight(choice)
    _choose_dimensions(choice, plain, sample, explicit)
    return choice


def _move_shapes(candidates: Candidates, sample: pl.DataFrame, explicit: set[str], choice: Choice) -> None:
    """Takes a column that is called cut and holds shapes for what it is."""
    if "cut" in explicit:
        return
    for name in [name for name in candidates.get("cut", ()) if is_shape_column(sample[name])]:
        candidates["cut"].remove(name)
        candidates.setdefault("shape", []).append(name)
        choice.notes.append(f"{name!r} holds shapes, not grades of cut.")


def _fitting(role: str, names: Sequence[str], sample: pl.DataFrame, is_explicit: bool) -> list[str]:
    """The names whose columns hold what the role needs; all of one of our columns if none does."""
    if is_explicit or (role in COLUMNS and len(names) == 1):
        return list(names)
    if role == "price unit":
        names = [name for name in names if not _is_unit_of_weight(name, sample[name])]
    matches = [name for name in names if fits(role, sample[name])]
    return matches or (list(names) if role in COLUMNS else [])


def _is_unit_of_weight(name: str, cells: pl.Series) -> bool:
    """Whether a column of units, such as *ct*, may be about the weight and not about the price."""
    words = {text.casefold() for text in filled(cells)}
    return (
        "price" not in normalised(name)
        and normalised(name).endswith("unit")
        and words <= UNITS["carat"].keys()
    )


def _add_by_content(header: Sequence[str], sample: pl.DataFrame, fitting: Candidates, choice: Choice) -> None:
    """Adds columns that say what a stone is, or have its dimensions, under names that are not known."""
    named = {name for names in fitting.values() for name in names}
    others = [name for name in dict.fromkeys(header) if name not in named and sample[name].dtype == pl.String]
    for role, holds in (("shape", is_shape_column), ("origin", is_origin_column)):
        if role not in choice.market and (names := [name for name in others if holds(sample[name])]):
            choice.market[role] = tuple(names)
            choice.notes.append(f"{', '.join(map(repr, names))} is read as {role} by what it holds.")
    if not fitting.get("measurements"):
        wide = [name for name in others if share_of_dimensions(sample[name].head(200)) > 0.8]
        fitting["measurements"] = wide[:1]


def _one(role: str, names: Sequence[str], sample: pl.DataFrame, currency: str) -> list[str]:
    """The names without those that say the same as the first, and the one in our currency if one says so."""
    if len(names) == 1 or len(set(map(normalised, names))) < len(names):
        return list(names)
    ours = [name for name in names if (meaning := meaning_of(name)) and meaning.currency == currency]
    if role in ("price", "price per carat") and len(ours) == 1:
        return ours
    if role not in COLUMNS:
        return [names[0]]
    first = filled(sample[names[0]])
    return [names[0], *(name for name in names[1:] if filled(sample[name]) != first)]


def _tell_price_from_price_per_carat(candidates: Candidates, sample: pl.DataFrame) -> None:
    """Of two columns of prices, one of which is the other times the weight, that one is the price."""
    prices, weights = candidates.get("price", []), candidates.get("carat", [])
    if len(prices) != 2 or len(weights) != 1:
        return
    carats, _ = parse_measure(sample[weights[0]], "carat")
    amounts = {
        name: parse_prices(sample[name], price_mark(sample[name]), per_carat=True)[0] for name in prices
    }
    for rate, total in (prices, prices[::-1]):
        ratios = (amounts[rate] * carats / amounts[total] - 1).abs()
        if ratios.count() and ((ratios < _SAME_PRICE).sum() > 0.9 * ratios.count()) and not _all_ones(carats):
            candidates["price"] = [total]


def _all_ones(carats: pl.Series) -> bool:
    return carats.drop_nulls().n_unique() < 2


def _choose_weight(choice: Choice) -> None:
    if "carat" not in choice.columns and "points" in choice.columns:
        choice.columns["carat"] = choice.columns["points"]
        choice.factors["carat"] = _POINT
        choice.notes.append(
            f"The weight is that of {choice.columns['points']!r} in points, a hundredth of a carat."
        )
    choice.columns.pop("points", None)
    meaning = meaning_of(choice.columns["carat"])
    if meaning and meaning.unit == "g":
        choice.factors["carat"] = _CARATS_PER_GRAM
        choice.notes.append(f"The weight is that of {choice.columns['carat']!r} in grams: 0.2 g is a carat.")
    if "price" in choice.columns:
        choice.columns.pop("price per carat", None)
    elif "price per carat" in choice.columns:
        name = choice.columns["price per carat"]
        choice.notes.append(f"The price is the weight times the price per carat in {name!r}.")


def _choose_dimensions(
    choice: Choice, candidates: Candidates, sample: pl.DataFrame, explicit: set[str]
) -> None:
    carats, _ = parse_measure(sample[choice.columns["carat"]], "carat", choice.factors.get("carat", 1.0))
    fixed = {role: candidates[role][0] for role in dimensions.ROLES if role in explicit}
    open_ones = {role: candidates.get(role, []) for role in dimensions.ROLES if role not in fixed}
    decided = dimensions.decide(open_ones, sample, carats)
    choice.columns |= {role: name for role, name in decided.items() if role not in fixed} | fixed
    for role in DIMENSIONS:
        name = choice.columns.get(role)
        meaning = meaning_of(name) if name else None
        if meaning and meaning.unit == "cm":
            choice.factors[role] = dimensions.MM_PER_CM
        if name and meaning and meaning.role != role:
            choice.notes.append(f"{name!r} is {role}, by its values for the weight.")
    if any(name in choice.columns for name in DIMENSIONS):
        choice.columns.pop("measurements", None)
    measured = meaning_of(choice.columns.get("measurements", ""))
    if measured and measured.unit == "cm":
        choice.factors |= dict.fromkeys(DIMENSIONS, dimensions.MM_PER_CM)
