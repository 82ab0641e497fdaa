"""``diamonds replay``: prices recorded requests with another version."""

from dataclasses import asdict
from typing import Annotated

import typer

from diamonds.cli.exchanges import Since, Until, aware
from diamonds.cli.output import print_json
from diamonds.cli.versions import version_named


def replay(
    model: Annotated[str, typer.Option(help="A version, or a model for its newest.")],
    since: Since = None,
    until: Until = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Price recorded requests with another version, and show how the quotes would have differed."""
    from diamonds.database import migrate, running
    from diamonds.exchanges import Filter
    from diamonds.monitoring.replay import replay as price_again
    from diamonds.pricing.pricer import load_pricer

    pricer = load_pricer(version_named(model))
    with running():
        migrate()
        result = price_again(Filter(since=aware(since), until=aware(until), path="/predict"), pricer)
    if as_json:
        print_json(asdict(result))
        return
    typer.echo(f"{result.quotes:,} quotes priced again with {pricer.tag} ({result.skipped:,} were no quotes)")
    typer.echo(f"on average {result.mean_usd:+,.2f} USD ({result.mean_share:+.2%})")
    typer.echo(
        f"{result.mean_absolute_share:.2%} apart on average, {result.largest_absolute_share:.2%} at most"
    )
