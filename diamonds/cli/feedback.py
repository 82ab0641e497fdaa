"""``diamonds feedback``: stores what the quoted stones of a file were sold for."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from diamonds.cli.errors import BAD_INPUT
from diamonds.cli.output import print_json, printable

if TYPE_CHECKING:
    from diamonds.monitoring.sales import Taken

_MOST_SHOWN = 20


def feedback(
    file: Annotated[str, typer.Argument(help="A file with columns exchange_id, price and perhaps sold_at.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Store what quoted stones were sold for; the same file again changes nothing."""
    from uuid import UUID

    import uuid_utils

    from diamonds.database import migrate, running
    from diamonds.dataset.sales_file import read_sales
    from diamonds.exchanges.database.sales import Result
    from diamonds.monitoring.sales import take_sales

    results: Counter[str] = Counter()
    refused: list[Taken] = []
    with running():
        migrate()
        for taken in take_sales(read_sales(file), UUID(str(uuid_utils.uuid7()))):
            results[taken.outcome.result] += 1
            if taken.outcome.result == Result.REFUSED and len(refused) < _MOST_SHOWN:
                refused.append(taken)
    if as_json:
        rows = [{"row": each.row.number, "reason": each.outcome.reason} for each in refused]
        print_json({**{str(result): results[result] for result in Result}, "first_refused": rows})
    else:
        _print(results, refused)
    if results[Result.REFUSED]:
        raise typer.Exit(BAD_INPUT)


def _print(results: "Counter[str]", refused: list["Taken"]) -> None:
    typer.echo(
        f"{results['stored']:,} stored, {results['unchanged']:,} were stored before, "
        f"{results['waiting']:,} wait for their quotes, {results['refused']:,} refused."
    )
    for each in refused:
        typer.echo(f"row {each.row.number}: {printable(str(each.outcome.reason))}", err=True)
    if results["refused"] > len(refused):
        typer.echo(f"... and {results['refused'] - len(refused):,} more", err=True)
