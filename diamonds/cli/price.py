"""``diamonds price``: prices a file of stones, and finds what is asked for less than it is worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from diamonds.cli.data import Header, mapping_of
from diamonds.cli.output import print_json, printable
from diamonds.cli.stone import Model, pricer_of

if TYPE_CHECKING:
    import polars as pl

    from diamonds.dataset import StonesFile
    from diamonds.dataset.priced_file import FileFormat
    from diamonds.pricing.pricer import Pricer


def price(
    file: Annotated[
        str, typer.Argument(help="A file of stones; of several sheets one as in stock.xlsx#Antwerp.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write to this .csv, .xlsx, .parquet or .jsonl. Default: CSV, printed."
        ),
    ] = None,
    sort: Annotated[
        Literal["deal"] | None,
        typer.Option(help="deal: the most below its price first. Default: as in the file."),
    ] = None,
    model: Model = None,
    column: Annotated[
        list[str] | None, typer.Option(help="What a column is, as in carat=Wt; repeat it for more.")
    ] = None,
    columns: Header = None,
    mapping: Annotated[str | None, typer.Option(help="A saved mapping of the columns of the file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Price a file of stones; where it has prices, compare them with ours."""
    from diamonds.dataset import read_stones
    from diamonds.dataset.priced_file import CSV, best_deals_first
    from diamonds.pricing.priced_stones import price_stones

    form = _format_of(output) if output else CSV
    stones = read_stones(file, mapping=mapping_of(mapping, column, columns))
    pricer = pricer_of(model)
    rows = price_stones(stones, pricer)
    rows = best_deals_first(rows, stones) if sort else rows
    if output:
        output.write_bytes(form.write(rows))
    if as_json:
        _print_json(rows, pricer)
    elif not output:
        typer.echo(form.write(rows).decode(), nl=False)
    for note in stones.interpretation.notes:
        typer.echo(f"diamonds: {printable(note)}", err=True)
    typer.echo(_summary(stones, rows, pricer, output), err=as_json or not output)


def _format_of(output: Path) -> "FileFormat":
    from diamonds.dataset.priced_file import CSV, JSON_LINES, PARQUET, WORKBOOK

    formats = {each.suffix: each for each in (CSV, WORKBOOK, PARQUET, JSON_LINES)}
    if output.suffix.lower() not in formats:
        raise typer.BadParameter(f"Got {output.name!r}; expected a name that ends in {', '.join(formats)}.")
    return formats[output.suffix.lower()]


def _print_json(rows: "pl.DataFrame", pricer: "Pricer") -> None:
    source = {"coverage": pricer.coverage, "currency": pricer.currency, "model": pricer.version.model}
    print_json({"rows": rows.to_dicts(), **source, "version": pricer.tag})


def _summary(stones: "StonesFile", rows: "pl.DataFrame", pricer: "Pricer", output: Path | None) -> str:
    from diamonds.dataset.priced_file import OUTSIDE, PRICE, name_in

    priced = rows[name_in(stones, PRICE)].count()
    parts = [f"{priced:,} of {len(rows):,} rows priced in {pricer.currency} by {pricer.tag}"]
    if stones.has_asked:
        below = int((rows[name_in(stones, OUTSIDE)] == "below").sum())
        parts.append(f"{below:,} asked for less than the interval of their price")
    if output:
        parts.append(f"written to {output}")
    return f"{'; '.join(parts)}."
