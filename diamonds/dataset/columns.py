"""Recognises the columns of a table by the names that people use for them."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diamonds.dataset.errors import ColumnError
from diamonds.diamond import COLUMNS

REQUIRED = ("carat", "cut", "color", "clarity", "price")
"""Columns that training data must have; the others may be missing."""

Aliases = Mapping[str, Sequence[str]]

ALIASES: Aliases = {
    "carat": ("carat", "carats", "carat weight", "weight", "weight ct", "carat ct", "ct", "cts"),
    "cut": ("cut", "cut grade", "cut quality"),
    "color": ("color", "colour", "color grade", "colour grade"),
    "clarity": ("clarity", "clarity grade"),
    "depth": (
        "depth",
        "depth %",
        "depth pct",
        "depth percentage",
        "total depth",
        "total depth %",
        "total depth pct",
    ),
    "table": ("table", "table %", "table pct", "table percentage"),
    "price": (
        "price",
        "price usd",
        "usd",
        "usd price",
        "price in usd",
        "price $",
        "sale price",
        "sale price usd",
    ),
    "x": ("x", "x mm", "length", "length mm"),
    "y": ("y", "y mm", "width", "width mm"),
    "z": ("z", "z mm", "height", "height mm", "depth mm"),
}
"""Accepted names by column, in any case and punctuation; ``%`` and ``$`` count as percent and usd."""

_LENGTHS = ("length", "length mm", "width", "width mm")


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which column of a table is which: ``names`` by our column; ``ignored`` are those that match none."""

    names: dict[str, str]
    ignored: tuple[str, ...]


def recognise_columns(
    header: Sequence[str], *, needed: Sequence[str] = REQUIRED, aliases: Aliases | None = None
) -> Recognised:
    """Matches the names of a table's header to our columns; ``aliases`` take precedence over ``ALIASES``.

    Raises ``ColumnError`` when a column of ``needed`` is missing, or two names match the same column.
    """
    extra = aliases or {}
    if unknown := [name for name in extra if name not in COLUMNS]:
        raise ColumnError(f"Got aliases for {_listed(unknown)}; expected any of {_listed(COLUMNS)}.")
    candidates = _candidates(header, extra)
    if problems := [*_ambiguous(candidates), *_missing(candidates, needed)]:
        guesses = _guesses([column for column in needed if not candidates[column]], header, extra)
        raise ColumnError(
            " ".join([*problems, f"Found: {_listed(header)}.", f"Needed: {_listed(needed)}.", *guesses])
        )
    names = {column: matches[0] for column, matches in candidates.items() if matches}
    used = set(names.values())
    return Recognised(names, tuple(name for name in header if name not in used))


def normalised(name: str) -> str:
    """The name without case, spaces and punctuation, by which names are compared."""
    return re.sub(r"[\W_]+", "", name.casefold().replace("%", "percent").replace("$", "usd"))


def _candidates(header: Sequence[str], extra: Aliases) -> dict[str, list[str]]:
    """The names of the header that match each column; those that match an extra alias match nothing else."""
    candidates = {column: _matches(header, extra.get(column, ())) for column in COLUMNS}
    taken = {name for names in candidates.values() for name in names}
    rest = [name for name in header if name not in taken]
    return {column: names or _matches(rest, ALIASES[column]) for column, names in candidates.items()}


def _matches(header: Iterable[str], aliases: Iterable[str]) -> list[str]:
    known = {normalised(alias) for alias in aliases}
    return [name for name in header if normalised(name) in known]


def _ambiguous(candidates: Mapping[str, Sequence[str]]) -> list[str]:
    problems = [
        f"{' and '.join(map(repr, names))} could each be {column}."
        for column, names in candidates.items()
        if len(names) > 1
    ]
    depth, lengths = candidates["depth"], [*candidates["x"], *candidates["y"]]
    if not candidates["z"] and [*map(normalised, depth)] == ["depth"] and _matches(lengths, _LENGTHS):
        problems.append(f"{depth[0]!r} could be the depth in percent or, beside {_listed(lengths)}, z in mm.")
    return problems


def _missing(candidates: Mapping[str, Sequence[str]], needed: Sequence[str]) -> list[str]:
    missing = [column for column in needed if not candidates[column]]
    return [f"Missing: {_listed(missing)}."] if missing else []


def _guesses(missing: Sequence[str], header: Sequence[str], extra: Aliases) -> list[str]:
    names = {normalised(name): name for name in header}
    nearest = {
        column: [
            names[match]
            for alias in (*ALIASES[column], *extra.get(column, ()))
            for match in difflib.get_close_matches(normalised(alias), names, n=1, cutoff=0.6)
        ]
        for column in missing
    }
    return [f"Is {matches[0]!r} the {column}?" for column, matches in nearest.items() if matches]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "none"
