"""Recognises the columns of a table by their names alone."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diamonds.dataset.columns.aliases import ALIASES, ROLES, UNUSED, Aliases
from diamonds.dataset.columns.names import meaning_of, normalised
from diamonds.dataset.errors import ColumnError
from diamonds.diamond import COLUMNS
from diamonds.grades import GRADES

REQUIRED = ("carat", "cut", "color", "clarity", "price")
"""Columns that training data must have; the others may be missing."""
GRADED = ("carat", *GRADES)
"""Columns that a stone must have to be priced."""
STANDS_FOR = {"carat": ("points",), "price": ("price per carat",)}
"""Roles from which a needed column is computed where it is not there itself."""

_LENGTHS = ("length", "length mm", "width", "width mm")


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which column of a table is which: ``names`` by our column; ``ignored`` are those that match none."""

    names: dict[str, str]
    ignored: tuple[str, ...]


Candidates = dict[str, list[str]]


def has_stones(header: Sequence[str]) -> bool:
    """Whether the names of a table's columns are those of stones that can be priced."""
    candidates = candidates_of(header, {})
    return not missing(candidates, GRADED)


def recognise_columns(
    header: Sequence[str], *, needed: Sequence[str] = REQUIRED, aliases: Aliases | None = None
) -> Recognised:
    """Matches the names of a table's header to our columns; ``aliases`` take precedence over ``ALIASES``.

    Raises ``ColumnError`` when a column of ``needed`` is missing, or two names match the same column.
    """
    extra = checked_aliases(aliases)
    candidates = {role: names for role, names in candidates_of(header, extra).items() if role in COLUMNS}
    problems = [
        *ambiguities(candidates),
        *_ambiguous_depth(candidates),
        *missing_sentences(candidates, needed),
    ]
    if problems:
        raise column_error(problems, header, candidates, needed, extra)
    names = {column: candidates[column][0] for column in COLUMNS if candidates.get(column)}
    used = set(names.values())
    return Recognised(names, tuple(name for name in header if name not in used))


def checked_aliases(aliases: Aliases | None) -> Aliases:
    """The aliases; raises ``ColumnError`` when they are for something else than columns."""
    known = (*COLUMNS, *ROLES)
    if unknown := [name for name in aliases or {} if name not in known]:
        raise ColumnError(f"Got aliases for {listed(unknown)}; expected any of {listed(known)}.")
    return aliases or {}


def candidates_of(header: Sequence[str], aliases: Aliases, currency: str = "USD") -> Candidates:
    """The names of the header by role; those that match an extra alias match nothing else."""
    aliased = {normalised(alias): role for role, names in aliases.items() for alias in names}
    candidates: Candidates = {}
    for name in header:
        role = aliased.get(normalised(name)) or _role(name, currency)
        if role:
            candidates.setdefault(role, []).append(name)
    for role in aliases:
        if matches := [name for name in candidates.get(role, []) if aliased.get(normalised(name)) == role]:
            candidates[role] = matches
    return candidates


def _role(name: str, currency: str) -> str | None:
    """The role of a name; none of prices that are in another currency by their name."""
    meaning = meaning_of(name)
    return meaning.role if meaning and meaning.currency in (None, currency) else None


def ambiguities(candidates: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence for every column that several names could be."""
    return [_ambiguity(column, names) for column, names in candidates.items() if len(names) > 1]


def _ambiguity(column: str, names: Sequence[str]) -> str:
    if len(set(names)) == 1:
        return f"{len(names)} columns are called {names[0]!r}; rename all but the one that is the {column}."
    return f"{' and '.join(map(repr, names))} could each be {column}."


def _ambiguous_depth(candidates: Mapping[str, Sequence[str]]) -> list[str]:
    depth = candidates.get("depth", [])
    lengths = [*candidates.get("x", []), *candidates.get("y", [])]
    words = [name for name in lengths if normalised(name) in map(normalised, _LENGTHS)]
    if words and not candidates.get("z") and [*map(normalised, depth)] == ["depth"]:
        return [f"{depth[0]!r} could be the depth in percent or, beside {listed(lengths)}, z in mm."]
    return []


def missing(candidates: Mapping[str, Sequence[str]], needed: Sequence[str]) -> list[str]:
    """The columns that are needed, not there, and computed from no other."""
    return [
        column
        for column in needed
        if not any(candidates.get(role) for role in (column, *STANDS_FOR.get(column, ())))
    ]


def missing_sentences(candidates: Mapping[str, Sequence[str]], needed: Sequence[str]) -> list[str]:
    """A sentence that lists the columns that are needed and not there, if any."""
    absent = [column for column in needed if not candidates.get(column)]
    return [f"Missing: {listed(absent)}."] if absent else []


def column_error(
    problems: Sequence[str],
    header: Sequence[str],
    candidates: Candidates,
    needed: Sequence[str],
    aliases: Aliases,
) -> ColumnError:
    """The error with what is there, what is needed, and which unrecognised names come near a missing one."""
    free = {normalised(name): name for name in header if _is_free(name, candidates)}
    absent = [column for column in needed if not candidates.get(column)]
    guesses = [_guess(column, free, aliases) for column in absent]
    parts = [*problems, f"Found: {listed(header)}.", f"Needed: {listed(needed)}.", *filter(None, guesses)]
    return ColumnError(" ".join(parts))


def _is_free(name: str, candidates: Candidates) -> bool:
    taken = {taken for names in candidates.values() for taken in names}
    return name not in taken and normalised(name) not in UNUSED and meaning_of(name) is None


def _guess(column: str, free: Mapping[str, str], aliases: Aliases) -> str | None:
    for alias in (*ALIASES.get(column, ()), *aliases.get(column, ())):
        if matches := difflib.get_close_matches(normalised(alias), free, n=1, cutoff=0.75):
            return f"Is {free[matches[0]]!r} the {column}?"
    return None


def listed(names: Iterable[str]) -> str:
    """The names in quotes, separated by commas."""
    return ", ".join(map(repr, names)) or "none"
