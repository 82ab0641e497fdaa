"""``diamonds predict``: quotes the price of one stone."""

from typing import TYPE_CHECKING, Annotated

import pydantic
import typer

from diamonds.cli.errors import BAD_INPUT, one_line
from diamonds.cli.versions import print_json

if TYPE_CHECKING:
    from diamonds.diamond import Diamond
    from diamonds.pricing.pricer import Pricer

Millimetres = Annotated[float | None, typer.Option(help="In mm.")]
Percent = Annotated[float | None, typer.Option(help="In percent.")]


def predict(
    carat: Annotated[float, typer.Option(help="Weight in carats.")],
    cut: Annotated[str, typer.Option(help="Fair, Good, Very Good, Premium or Ideal.")],
    color: Annotated[str, typer.Option(help="From J (worst) to D (best).")],
    clarity: Annotated[str, typer.Option(help="I1, SI2, SI1, VS2, VS1, VVS2, VVS1 or IF.")],
    depth: Percent = None,
    table: Percent = None,
    x: Millimetres = None,
    y: Millimetres = None,
    z: Millimetres = None,
    model: Annotated[str | None, typer.Option(help="Use this model instead of the champion.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Quote the price of one stone in USD."""
    from diamonds.diamond import Diamond

    try:
        stone = Diamond(
            carat=carat, cut=cut, color=color, clarity=clarity, depth=depth, table=table, x=x, y=y, z=z
        )
    except pydantic.ValidationError as error:
        typer.echo(f"diamonds: {one_line(error)}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    _print_quote(_pricer(model), stone, as_json)


def _print_quote(pricer: "Pricer", stone: "Diamond", as_json: bool) -> None:
    from diamonds.models.features import rows_of
    from diamonds.pricing.pricer import CURRENCY

    quotes = pricer.quotes(rows_of([stone]))
    (price,), (low,), (high,) = quotes.price, quotes.low, quotes.high
    for warning in quotes.warnings.get(0, []):
        typer.echo(f"diamonds: {warning}", err=True)
    if as_json:
        quote = {"price": price, "low": low, "high": high, "coverage": pricer.coverage, "currency": CURRENCY}
        print_json({**quote, "model": pricer.version.model, "version": pricer.tag})
    else:
        typer.echo(f"{price:,.2f} {CURRENCY}")
        typer.echo(f"{low:,.2f} to {high:,.2f} with {pricer.coverage:.0%} coverage, by {pricer.tag}")


def _pricer(model: str | None) -> "Pricer":
    """The pricer of the newest version of a model, or of the champion."""
    from diamonds.models import UnknownModel, spec_named
    from diamonds.pricing.pricer import load_pricer
    from diamonds.versions import store

    if model is None:
        version = store.champion()
        if version is None:
            raise store.NoChampion("No model has been promoted yet. Train with: diamonds train")
        return load_pricer(version)
    newest = store.versions(spec_named(model).name)[:1]
    if not newest:
        raise UnknownModel(
            f"Model {model!r} has no version yet. Train it with: diamonds train --model {model}"
        )
    return load_pricer(newest[0])
