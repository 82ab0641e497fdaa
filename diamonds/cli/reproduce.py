"""``diamonds reproduce``: trains a version again and says whether it is the same."""

from dataclasses import asdict
from typing import Annotated

import typer

from diamonds.cli.errors import FAILED
from diamonds.cli.versions import print_json


def reproduce(
    tag: Annotated[str, typer.Argument(help="A version, such as diamonds-xgboost:latest.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Train a version again from the dataset, parameters and seed it names; exit code 1: it differs."""
    from diamonds.training.reproduce import reproduce as train_again

    twin = train_again(tag)
    if as_json:
        print_json({**asdict(twin), "exact": twin.exact})
    elif twin.exact:
        typer.echo(f"{twin.tag} came out the same: the prices of {twin.stones:,} stones agree bit for bit.")
    else:
        difference = (
            f"the prices of {twin.stones:,} stones differ by up to {twin.largest_difference_usd:g} USD"
        )
        typer.echo(f"{twin.tag} came out different: {difference}.")
    if not twin.exact:
        raise typer.Exit(FAILED)
