"""The report of a dataset: rows read, kept and set aside, and the changes since the previous dataset."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict

from diamonds.dataset.distribution import Measured
from diamonds.dataset.market import Market
from diamonds.grades import grade_in

_SHOWN_GRADES = 8


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableSummary(_Frozen):
    """One table that was read, and how its columns were recognised."""

    place: str
    rows: int
    columns: dict[str, str]
    ignored: tuple[str, ...]
    market_columns: dict[str, tuple[str, ...]] = {}
    notes: tuple[str, ...] = ()


class DataReport(_Frozen):
    """Counts and distributions of a dataset; ``set_aside`` counts rows by the first rule they broke.

    ``excluded_rules`` are those of stones of another market, and of grades outside the scale or rare.
    ``cells`` shows up to three cells for each rule, as they stand in the table.
    """

    source: str
    fingerprint: str
    tables: tuple[TableSummary, ...]
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
    excluded_rules: tuple[str, ...] = ()
    cells: dict[str, list[str]] = {}
    notes: tuple[str, ...] = ()
    market: Market = Market()

    @property
    def broken(self) -> int:
        """The number of rows that broke a rule of ``RULES``: those that are no stones of any market."""
        return sum(rows for rule, rows in self.set_aside.items() if rule not in self.excluded_rules)

    @property
    def of_this_market(self) -> int:
        """The number of rows read, without those of other markets or of grades outside the scale."""
        return self.read - sum(self.set_aside[rule] for rule in self.excluded_rules)

    @property
    def set_aside_share(self) -> float:
        """The share of the rows of this market that broke a rule; copies break none."""
        return self.broken / self.of_this_market if self.of_this_market else 0.0

    def set_aside_sentences(self) -> Iterator[str]:
        """How many rows broke each rule, and up to three of their cells or the grades that are unknown."""
        for rule, rows in self.set_aside.items():
            column = next((column for column in self.unknown_grades if rule in _grade_rules(column)), None)
            shown = self._grades(rule, column) if column else "; ".join(self.cells.get(rule, []))
            yield f"{rule}: {rows:,} ({shown})"

    def _grades(self, rule: str, column: str) -> str:
        shown = {
            text: rows
            for text, rows in self.unknown_grades[column].items()
            if _grade_rules(column).index(rule) == _kind(column, text)
        }
        return ", ".join(f"{text or 'empty'} {rows:,}" for text, rows in list(shown.items())[:_SHOWN_GRADES])

    def compared_with(self, previous: "DataReport | None") -> "DataReport":
        """This report with the ``changes`` since the previous dataset."""
        changes = ("There was no dataset before.",) if previous is None else tuple(_changes(previous, self))
        return self.model_copy(update={"changes": changes})


def _grade_rules(column: str) -> tuple[str, str, str]:
    """The rules by which grades are set aside: unknown ones, those outside the scale, and rare ones."""
    from diamonds.dataset.rules import outside_rule, rare_rule

    return f"unknown {column}", outside_rule(column), rare_rule(column)


def _kind(column: str, text: str) -> int:
    """Which of these rules a text breaks."""
    grade = grade_in(column, text)
    return 0 if grade is None else 1 if grade.outside else 2


def _changes(before: DataReport, now: DataReport) -> Iterator[str]:
    """The differences between two reports, in sentences."""
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
        for grade in before.grades[column] | counts:
            shares = percentage(before.grades[column], grade), percentage(counts, grade)
            yield from _change(f"share of {column} {grade}", *shares, "{}")


def _change(name: str, before: object, now: object, template: str) -> Iterator[str]:
    if before != now:
        earlier, later = ("none" if value is None else template.format(value) for value in (before, now))
        yield f"{name[0].upper()}{name[1:]}: {earlier}, now {later}."


def percentage(counts: Mapping[str, int], grade: str) -> str:
    """The share of stones that have the grade, in whole percent."""
    return f"{counts.get(grade, 0) / max(sum(counts.values()), 1):.0%}"
