"""Tells what a dataset was made of: rows read, kept and set aside, and what changed since the one before."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict

from diamonds.dataset.distribution import Measured


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableAccount(_Frozen):
    """One table that was read, and how its columns were understood."""

    place: str
    rows: int
    columns: dict[str, str]
    ignored: tuple[str, ...]


class DataReport(_Frozen):
    """What a dataset was made of; ``set_aside`` counts rows by the first rule they broke."""

    source: str
    fingerprint: str
    tables: tuple[TableAccount, ...]
    read: int
    kept: int
    copies: int
    set_aside: dict[str, int]
    examples: dict[str, list[dict[str, str]]]
    unknown_grades: dict[str, dict[str, int]]
    zero_dimensions: dict[str, int]
    measures: dict[str, Measured]
    grades: dict[str, dict[str, int]]
    training: int
    hold_out: int
    changes: tuple[str, ...] = ()

    @property
    def set_aside_share(self) -> float:
        """The share of the rows read that broke a rule; copies break none."""
        return sum(self.set_aside.values()) / self.read if self.read else 0.0

    def compared_with(self, previous: "DataReport | None") -> "DataReport":
        """This report with ``changes`` that tell what is different from the previous dataset."""
        changes = ("There was no dataset before.",) if previous is None else tuple(_changes(previous, self))
        return self.model_copy(update={"changes": changes})


def _changes(before: DataReport, now: DataReport) -> Iterator[str]:
    """What a reader of both reports would notice, in sentences."""
    if before.fingerprint == now.fingerprint:
        yield "The stones are the same."
        return
    yield from _change("rows read", before.read, now.read, "{:,}")
    yield from _change("stones kept", before.kept, now.kept, "{:,}")
    yield from _change("copies left out", before.copies, now.copies, "{:,}")
    for rule in before.set_aside | now.set_aside:
        yield from _change(
            f"rows with {rule}", before.set_aside.get(rule, 0), now.set_aside.get(rule, 0), "{:,}"
        )
    for column, measured in now.measures.items():
        earlier = before.measures[column]
        yield from _change(f"median {column}", earlier.median, measured.median, "{:g}")
        yield from _change(f"unknown {column}", earlier.unknown, measured.unknown, "{:,}")
    for column, counts in now.grades.items():
        for grade in counts:
            earlier_share = share(before.grades[column], grade)
            yield from _change(f"share of {column} {grade}", earlier_share, share(counts, grade), "{}")


def _change(what: str, before: object, now: object, shape: str) -> Iterator[str]:
    if before != now:
        told = ["none" if value is None else shape.format(value) for value in (before, now)]
        yield f"{what[0].upper()}{what[1:]}: {told[0]}, now {told[1]}."


def share(counts: Mapping[str, int], grade: str) -> str:
    return f"{counts[grade] / max(sum(counts.values()), 1):.0%}"
