"""``diamonds data``: shows how sold stones are read, before they are used, and saves names of columns."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from diamonds.cli.output import console, print_json, printable

if TYPE_CHECKING:
    from diamonds.dataset import DataReport
    from diamonds.dataset.dataset import CleanedTables
    from diamonds.dataset.mapping import ColumnMapping

Header = Annotated[
    str | None, typer.Option(help="Names of the columns of a file without a header: carat,cut,...")
]
"""An option that stands for the line with the names of columns."""


def data(
    source: Annotated[str, typer.Argument(help="A file, folder, URL or database with sold stones.")],
    column: Annotated[
        list[str] | None, typer.Option(help="What a column is, as in price=Asking; repeat it for more.")
    ] = None,
    columns: Header = None,
    mapping: Annotated[str | None, typer.Option(help="A saved mapping of columns to begin with.")] = None,
    save: Annotated[str | None, typer.Option(help="Save the mapping under this name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show how sold stones are read: columns, units, what is set aside and why. Nothing is trained."""
    from diamonds.dataset.dataset import clean_tables, dataset_of

    chosen = mapping_of(mapping, column, columns)
    cleaned = clean_tables(source, chosen)
    if save:
        path = chosen.with_columns(_recognised(cleaned), chosen.header).save(save)
        typer.echo(f"Saved as {path}. Use it with --mapping {save}, or DIAMONDS_MAPPING={save}.", err=as_json)
    if not as_json:
        _show(cleaned)
    report = dataset_of(cleaned, source).report
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    _show_counts(report)


def mapping_of(name: str | None, columns: list[str] | None, header: str | None) -> "ColumnMapping":
    """The mapping of that name, or of the settings, with what the options add to it."""
    from diamonds.dataset.mapping import ColumnMapping

    return ColumnMapping.chosen(name, header).with_columns(dict(map(_pair, columns or [])))


def _pair(text: str) -> tuple[str, str]:
    ours, mark, theirs = text.partition("=")
    if not mark or not theirs.strip():
        raise typer.BadParameter(f"Got {text!r}; expected one of our columns, =, and the name in the file.")
    return ours.strip(), theirs.strip()


def _recognised(cleaned: "CleanedTables") -> dict[str, str]:
    """The columns that were recognised, by role."""
    columns: dict[str, str] = {}
    for interpretation in cleaned.interpretations:
        columns |= interpretation.columns
        columns |= {role: names[0] for role, names in interpretation.market_columns.items()}
    return columns


def _show(cleaned: "CleanedTables") -> None:
    for summary in cleaned.tables:
        table = Table(
            "column", "read from", title=printable(f"{summary.place}: {summary.rows:,} rows"), box=None
        )
        for column, name in summary.columns.items():
            table.add_row(column, repr(name))
        for role, names in summary.market_columns.items():
            table.add_row(role, ", ".join(map(repr, names)))
        console().print(table)
        _print(*(f"- {note}" for note in summary.notes))
        if summary.ignored:
            _print(f"Not used: {', '.join(map(repr, summary.ignored))}.")


def _show_counts(report: "DataReport") -> None:
    _print(
        f"{report.read:,} rows read: {report.kept:,} stones, {report.copies:,} copies.",
        *(f"Set aside: {sentence}" for sentence in report.set_aside_sentences()),
        *(f"- {note}" for note in report.notes),
    )


def _print(*lines: str) -> None:
    for line in lines:
        console().print(printable(line))
