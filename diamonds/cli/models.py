"""``diamonds models``: lists the versions in the model store and marks the champion."""

from typing import Annotated

import typer

from diamonds.cli.output import print_json
from diamonds.cli.versions import as_row, model_named, print_versions, version_named


def models(
    name: Annotated[
        str | None,
        typer.Argument(help="A model, for all its versions, or one version. Default: the newest of each."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show the models and their errors on the hold-out; the champion has a star, damage is named."""
    from diamonds.models import REGISTRY
    from diamonds.versions import store
    from diamonds.versions.refused import refused_of, refused_versions

    if name and (":" in name or name.removeprefix(store.PREFIX) == store.CHAMPION_NAME):
        versions, refused = [version_named(name)], []
    elif name:
        versions = store.versions(model_named(name))
        refused = [*refused_of(model_named(name)), *refused_of(store.CHAMPION_NAME)]
    else:
        versions = [version for model in REGISTRY for version in store.versions(model)[:1]]
        refused = refused_versions()
    for each in refused:
        typer.echo(f"diamonds: {each.reason} It is refused. {each.remedy}", err=True)
    champion = store.champion()
    if as_json:
        print_json([as_row(version, champion) for version in versions])
    elif versions:
        print_versions(versions, champion)
    else:
        typer.echo("Nothing is trained yet. Train with: diamonds train")
