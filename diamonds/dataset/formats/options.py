"""Options of readers: names for a missing header, and which sheet or table of a file to read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from diamonds.dataset.columns.recognise import has_stones
from diamonds.dataset.errors import DataError
from diamonds.dataset.table import Table


@dataclass(frozen=True, slots=True)
class Options:
    """``columns`` names the columns of files without a header; ``part`` a sheet, table or file in a file.

    ``wanted`` decides by the names of its columns whether a table has stones.
    """

    columns: tuple[str, ...] = ()
    part: str | None = None
    wanted: Callable[[Sequence[str]], bool] = field(default=has_stones)


Parts = dict[str, Table]
"""The tables of one file by the names of their sheets or tables."""


def chosen(parts: Parts, place: str, kind: str, options: Options) -> Table:
    """The one table of a file that has stones, or the one that was named; raises ``DataError``."""
    if options.part is not None:
        if options.part not in parts:
            raise DataError(f"{place} has no {kind} {options.part!r}; it has {_listed(parts)}.")
        return parts[options.part]
    if len(parts) == 1:
        return next(iter(parts.values()))
    matches = [name for name, table in parts.items() if options.wanted(table.columns)]
    if len(matches) == 1:
        return _with_note(parts, matches[0], kind)
    if matches:
        raise DataError(
            f"{place} has stones in the {kind}s {_listed(matches)}; name one of them: {place}#{matches[0]}."
        )
    raise DataError(f"{place} has no {kind} with stones in it; {_looked_at(parts, kind)}")


def _with_note(parts: Parts, name: str, kind: str) -> Table:
    table = parts[name]
    others = _listed(other for other in parts if other != name)
    note = f"Read from the {kind} {name!r}, not from {others}."
    return Table(table.place, table.columns, table.batches, table.sample, (note, *table.notes))


def _looked_at(parts: Parts, kind: str) -> str:
    if not parts:
        return f"it has no {kind} with a header and rows."
    return " ".join(
        f"{kind} {name!r} has the columns {_listed(table.columns)}." for name, table in parts.items()
    )


def _listed(names: "Iterator[str] | Sequence[str] | Parts") -> str:
    return ", ".join(map(repr, list(names)[:20])) or "none"
