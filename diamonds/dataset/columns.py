"""Recognises the columns of a table by the names that people give them."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diamonds.dataset.errors import ColumnError
from diamonds.diamond import COLUMNS

REQUIRED = ("carat", "cut", "color", "clarity", "price")
"""The columns without which nothing can be learned; the others may be missing."""

_OPTIONAL = tuple(name for name in COLUMNS if name not in REQUIRED)

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
"""Other names by column, whatever their case and punctuation; ``%`` and ``$`` count as percent and usd."""

_LENGTHS = ("length", "length mm", "width", "width mm")


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which found column is which: ``names`` by our name; ``ignored`` are those that mean nothing to us."""

    names: dict[str, str]
    ignored: tuple[str, ...]

    def account(self) -> list[str]:
        """One sentence for each column that was renamed, is unknown, or was not used."""
        renamed = [f"{name!r} was read as {ours}." for ours, name in self.names.items() if name != ours]
        absent = [
            f"There is no {ours}; it counts as unknown." for ours in _OPTIONAL if ours not in self.names
        ]
        return renamed + absent + [f"{name!r} was not used." for name in self.ignored]


def recognise_columns(
    found: Sequence[str], *, needed: Sequence[str] = REQUIRED, aliases: Aliases | None = None
) -> Recognised:
    """Which of the ``found`` columns is which; ``aliases`` adds names to ``ALIASES`` and prevails over it.

    Raises ``ColumnError`` when a column of ``needed`` is missing, or two could be the same one.
    """
    extra = aliases or {}
    if unknown := [name for name in extra if name not in COLUMNS]:
        raise ColumnError(f"Got aliases for {_listed(unknown)}; expected any of {_listed(COLUMNS)}.")
    candidates = {ours: _named(found, extra.get(ours, ())) for ours in COLUMNS}
    taken = {name for names in candidates.values() for name in names}
    for ours, names in candidates.items():
        names += [] if names else [name for name in _named(found, ALIASES[ours]) if name not in taken]
    problems = [*_ambiguous(candidates), *_missing(candidates, needed)]
    if problems:
        guesses = _guesses([ours for ours in needed if not candidates[ours]], found, extra)
        raise ColumnError(
            " ".join([*problems, f"Found: {_listed(found)}.", f"Needed: {_listed(needed)}.", *guesses])
        )
    names_by_ours = {ours: names[0] for ours, names in candidates.items() if names}
    used = set(names_by_ours.values())
    return Recognised(names_by_ours, tuple(name for name in found if name not in used))


def plain(name: str) -> str:
    """The name without what people vary: case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", name.casefold().replace("%", "percent").replace("$", "usd"))


def _named(found: Iterable[str], names: Iterable[str]) -> list[str]:
    known = {plain(name) for name in names}
    return [name for name in found if plain(name) in known]


def _ambiguous(candidates: Mapping[str, Sequence[str]]) -> list[str]:
    problems = [
        f"{' and '.join(map(repr, names))} could each be {ours}."
        for ours, names in candidates.items()
        if len(names) > 1
    ]
    depth, lengths = candidates["depth"], [*candidates["x"], *candidates["y"]]
    if not candidates["z"] and [*map(plain, depth)] == ["depth"] and _named(lengths, _LENGTHS):
        problems.append(f"{depth[0]!r} could be the depth in percent or, beside {_listed(lengths)}, z in mm.")
    return problems


def _missing(candidates: Mapping[str, Sequence[str]], needed: Sequence[str]) -> list[str]:
    missing = [ours for ours in needed if not candidates[ours]]
    return [f"Missing: {_listed(missing)}."] if missing else []


def _guesses(missing: Sequence[str], found: Sequence[str], extra: Aliases) -> list[str]:
    known = {plain(name): name for name in found}
    nearest = {
        ours: [
            known[match]
            for alias in (*ALIASES[ours], *extra.get(ours, ()))
            for match in difflib.get_close_matches(plain(alias), known, n=1, cutoff=0.6)
        ]
        for ours in missing
    }
    return [f"Is {names[0]!r} the {ours}?" for ours, names in nearest.items() if names]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "none"
