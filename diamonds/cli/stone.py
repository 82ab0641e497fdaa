"""``diamonds predict``, ``explain`` and ``similar``: price, reasons and similar sold stones."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import pydantic
import typer
from rich.table import Table

from diamonds.cli.errors import BAD_INPUT, CommandError, one_line
from diamonds.cli.output import AsJson, console, print_json, printable
from diamonds.cli.versions import champion_or_raise, version_named

if TYPE_CHECKING:
    from diamonds.diamond import Diamond
    from diamonds.pricing.pricer import Pricer
    from diamonds.versions.version import Version

Carat = Annotated[float, typer.Option(help="Weight in carats.")]
Cut = Annotated[str, typer.Option(help="Poor, Fair, Good, Very Good, Premium or Ideal.")]
Color = Annotated[str, typer.Option(help="Z (worst) to D (best), of those that are learned.")]
Clarity = Annotated[str, typer.Option(help="I3, I2, I1, SI3, SI2, SI1, VS2, VS1, VVS2, VVS1, IF or FL.")]
Millimetres = Annotated[float | None, typer.Option(help="In mm.")]
Percent = Annotated[float | None, typer.Option(help="In percent.")]
Model = Annotated[
    str | None, typer.Option(help="Use this model, or version of one, instead of the champion.")
]


def predict(
    carat: Carat,
    cut: Cut,
    color: Color,
    clarity: Clarity,
    depth: Percent = None,
    table: Percent = None,
    x: Millimetres = None,
    y: Millimetres = None,
    z: Millimetres = None,
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Quote the price of one stone."""
    stone = _stone(carat, cut, color, clarity, depth=depth, table=table, x=x, y=y, z=z)
    pricer = pricer_of(model)
    _print_quote(pricer, *_fitted(pricer, stone), as_json)


def explain(
    carat: Carat,
    cut: Cut,
    color: Color,
    clarity: Clarity,
    depth: Percent = None,
    table: Percent = None,
    x: Millimetres = None,
    y: Millimetres = None,
    z: Millimetres = None,
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Show what each property of a stone adds to its price or takes off."""
    from diamonds.pricing.explanation import explain as explanation_of

    stone = _stone(carat, cut, color, clarity, depth=depth, table=table, x=x, y=y, z=z)
    pricer = pricer_of(model)
    fitted, warnings = _fitted(pricer, stone)
    explained, currency = explanation_of(pricer, fitted), pricer.currency
    if as_json:
        contributions = [asdict(each) for each in explained.contributions]
        answer = {"price": explained.price_usd, "base": explained.base_usd, "contributions": contributions}
        print_json({**answer, "currency": currency, "model": pricer.version.model, "version": pricer.tag})
        return
    _warn(warnings)
    typer.echo(f"{explained.base_usd:12,.2f} {currency}  usual stone")
    for each in explained.contributions:
        typer.echo(f"{each.usd:+12,.2f} {currency}  {each.text}")
    typer.echo(f"{explained.price_usd:12,.2f} {currency}  by {pricer.tag}")


def similar(
    carat: Carat,
    cut: Cut,
    color: Color,
    clarity: Clarity,
    n: Annotated[int, typer.Option("-n", min=1, max=100, help="How many.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the sold stones of the same grades that are nearest in weight, nearest first."""
    from diamonds.pricing.similar import SimilarStones

    stone = _stone(carat, cut, color, clarity)
    samples, available = SimilarStones.open(_version(None).folder).nearest(stone, n)
    if as_json:
        print_json({"samples": samples, "available": available})
        return
    table = Table(box=None, padding=(0, 1, 0, 0), caption=f"{len(samples)} of {available:,} of these grades")
    for column in samples[0] if samples else ():
        table.add_column(column, justify="right")
    for sample in samples:
        table.add_row(*("" if value is None else str(value) for value in sample.values()))
    console().print(table)


def _stone(carat: float, cut: str, color: str, clarity: str, **measures: float | None) -> "Diamond":
    """The stone of the options; ends the command with a line for each that makes no sense."""
    from diamonds.diamond import Diamond

    try:
        return Diamond.model_validate(
            {"carat": carat, "cut": cut, "color": color, "clarity": clarity, **measures}
        )
    except pydantic.ValidationError as error:
        raise CommandError(one_line(error), BAD_INPUT) from error


def _fitted(pricer: "Pricer", stone: "Diamond") -> tuple["Diamond", list[str]]:
    """The stone as the version can price it with warnings; ends the command at a grade it has not learned."""
    from diamonds.pricing.scope import UnlearnedGrade

    try:
        return pricer.fit_stone(stone)
    except UnlearnedGrade as error:
        raise CommandError(str(error), BAD_INPUT) from error


def _print_quote(pricer: "Pricer", stone: "Diamond", warnings: list[str], as_json: bool) -> None:
    from diamonds.models.features import rows_of

    quotes, currency = pricer.quotes(rows_of([stone])), pricer.currency
    (price,), (low,), (high,) = quotes.price, quotes.low, quotes.high
    warnings = [*warnings, *quotes.warnings.get(0, [])]
    if as_json:
        quote = {"price": price, "low": low, "high": high, "coverage": pricer.coverage, "currency": currency}
        remarks: dict[str, object] = {"warnings": warnings} if warnings else {}
        remarks |= {"supported": False} if quotes.unsupported else {}
        print_json({**quote, **remarks, "model": pricer.version.model, "version": pricer.tag})
        return
    _warn(warnings)
    share = "no share of prices promised" if quotes.unsupported else f"{pricer.coverage:.0%} coverage"
    interval = "" if low is None else f"{low:,.2f} to {high:,.2f} with {share}, "
    typer.echo(f"{price:,.2f} {currency}")
    typer.echo(f"{interval}by {pricer.tag}")


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        typer.echo(f"diamonds: {printable(warning)}", err=True)


def pricer_of(model: str | None) -> "Pricer":
    """The pricer of a model's newest version, of a tag, or of the champion."""
    from diamonds.pricing.lean_imports import import_libraries
    from diamonds.pricing.pricer import load_pricer

    version = _version(model)
    import_libraries(version)
    return load_pricer(version)


def _version(model: str | None) -> "Version":
    """The newest version of a model, the version of a tag, or the champion."""
    return champion_or_raise() if model is None else version_named(model)
