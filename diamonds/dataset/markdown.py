"""Formats the report of a dataset as Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from diamonds.dataset.distribution import Measured
from diamonds.dataset.market import Market
from diamonds.dataset.report import DataReport, TableSummary, percentage


def markdown_of(report: DataReport) -> str:
    """The report as a page of Markdown; text that came from files is escaped."""
    return "\n\n".join(_sections(report)) + "\n"


def _sections(report: DataReport) -> Iterator[str]:
    yield f"# Dataset {report.fingerprint}"
    yield (
        f"{report.read:,} rows read from {_code(report.source)}: {report.kept:,} stones kept, "
        f"{report.copies:,} copies left out, {sum(report.set_aside.values()):,} rows set aside "
        f"({report.set_aside_share:.2%}). {report.training:,} stones to train on, "
        f"{report.hold_out:,} held out."
    )
    yield f"Market: {_market(report.market)}."
    if notes := list(_notes(report)):
        yield "## Notes\n\n" + "\n".join(f"- {_cell(note)}" for note in notes)
    if report.changes:
        yield "## What changed\n\n" + "\n".join(f"- {change}" for change in report.changes)
    yield from _set_aside(report)
    if report.zero_dimensions:
        yield "Dimensions of zero, taken as unknown:\n\n" + _table(
            ("", "rows"), _counts(report.zero_dimensions)
        )
    yield from _columns(report)
    yield "## Tables read\n\n" + _table(
        ("table", "rows", "columns", "not used"), map(_table_row, report.tables)
    )


def _market(market: Market) -> str:
    """What the stones have in common, for instance *round, natural, untreated, in USD*."""
    return f"{market.shape}, {market.origin}, {market.treatment}, in {market.currency}"


def _notes(report: DataReport) -> Iterator[str]:
    """What the owner of the data should know, of each table by its place where there are several."""
    yield from report.notes
    for table in report.tables:
        for note in table.notes:
            yield note if len(report.tables) == 1 else f"{table.place}: {note}"


def _set_aside(report: DataReport) -> Iterator[str]:
    if report.set_aside:
        counts = [(rule, f"{count:,}", _shown(report, rule)) for rule, count in report.set_aside.items()]
        yield "## Rows set aside\n\n" + _table(("rule", "rows", "for instance"), counts)
    for rule, examples in report.examples.items():
        names = list(examples[0])
        rows = [[row.get(name, "") for name in names] for row in examples]
        yield f"Examples of {rule}:\n\n" + _table(names, rows)
    for column, spellings in report.unknown_grades.items():
        yield f"Unknown {column}:\n\n" + _table((column, "rows"), _counts(spellings))


def _shown(report: DataReport, rule: str) -> str:
    return "; ".join(report.cells.get(rule, []))


def _columns(report: DataReport) -> Iterator[str]:
    yield "## Columns\n\n" + _measures_table(report.measures)
    for column, counts in report.grades.items():
        rows = [(grade, f"{stones:,}", percentage(counts, grade)) for grade, stones in counts.items()]
        yield _table((column, "stones", "share"), rows)


def _counts(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(name or "(empty)", f"{rows:,}") for name, rows in counts.items()]


def _measures_table(measures: Mapping[str, Measured]) -> str:
    names = list(Measured.model_fields)
    rows = [
        [column, *(_number(getattr(measured, name)) for name in names)]
        for column, measured in measures.items()
    ]
    return _table(["", *(name.replace("_", " ") for name in names)], rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.10g}" if isinstance(value, int) else f"{value:,.6g}"


def _table_row(table: TableSummary) -> tuple[str, str, str, str]:
    names = table.columns.items()
    columns = [column if column == name else f"{column} from {name!r}" for column, name in names]
    for role, market in table.market_columns.items():
        columns.append(f"{role} from {', '.join(map(repr, market))}")
    return table.place, f"{table.rows:,}", ", ".join(columns), ", ".join(map(repr, table.ignored))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    # Cells come from files that strangers wrote: nothing in them may end a row or start HTML.
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"
