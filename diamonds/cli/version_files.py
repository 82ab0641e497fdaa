"""``diamonds export-version`` and ``import-version``: versions as files to take elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from diamonds.cli.versions import print_json, version_named


def export_version(
    tag: Annotated[str, typer.Argument(help="A version, or a model for its newest.")],
    file: Annotated[Path | None, typer.Argument(help="The file to write. Default: named like it.")] = None,
) -> None:
    """Write a version to a .bentomodel file, which `bentoml models import` takes as well."""
    from diamonds.model_files import transfer

    version = version_named(tag)
    path = file or Path(f"{version.tag.replace(':', '-')}.bentomodel")
    path.write_bytes(transfer.export_version(version.tag))
    typer.echo(f"Wrote {version.tag} to {path}.")


def import_version(
    file: Annotated[Path, typer.Argument(help="A .bentomodel file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Add the version of a .bentomodel file to the model store, once it is checked; it is not promoted."""
    from diamonds.model_files import transfer

    imported = transfer.import_version(file.read_bytes())
    if as_json:
        print_json({"version": imported.version.tag, "checks": imported.checks})
        return
    for check in imported.checks:
        typer.echo(check)
    typer.echo(f"Imported {imported.version.tag}. Promote it with: diamonds promote {imported.version.tag}")
