"""``diamonds reproduce``: trains a version again and compares it with the stored one."""

from dataclasses import asdict
from typing import Annotated

import typer

from diamonds.cli.errors import FAILED
from diamonds.cli.output import print_json
from diamonds.cli.versions import tag_named


def reproduce(
    tag: Annotated[str, typer.Argument(help="A version, such as diamonds-xgboost:latest.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Train a version again from its own dataset, parameters and seed; exit code 1 if it differs."""
    from diamonds.training.reproduce import reproduce as train_again

    result = train_again(tag_named(tag))
    if as_json:
        print_json({**asdict(result), "exact": result.exact})
    elif result.exact:
        typer.echo(
            f"{result.tag} came out the same: the prices of {result.stones:,} stones agree bit for bit."
        )
    else:
        difference = (
            f"the prices of {result.stones:,} stones differ by up to {result.largest_difference_usd:g} USD"
        )
        typer.echo(f"{result.tag} came out different: {difference}.")
    if not result.exact:
        raise typer.Exit(FAILED)
