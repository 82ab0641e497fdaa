"""``diamonds export-version``, ``import-version``, ``accept`` and ``delete``: versions in the model store."""

from pathlib import Path
from typing import Annotated

import typer

from diamonds.cli.errors import CommandError
from diamonds.cli.output import AsJson, print_json, print_result
from diamonds.cli.versions import tag_named, version_named

Tag = Annotated[str, typer.Argument(help="A version, such as diamonds-xgboost:pa7ui3hinoyrsax4.")]


def export_version(
    tag: Annotated[str, typer.Argument(help="A version, or a model for its newest.")],
    file: Annotated[Path | None, typer.Argument(help="The file to write. Default: named like it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a version to a .bentomodel file, which `bentoml models import` takes as well."""
    from diamonds.model_files import transfer

    version = version_named(tag)
    path = file or Path(f"{version.tag.replace(':', '-')}.bentomodel")
    path.write_bytes(transfer.export_version(version.tag))
    print_result(f"Wrote {version.tag} to {path}.", {"version": version.tag, "file": str(path)}, as_json)


def import_version(
    file: Annotated[Path, typer.Argument(help="A version that was downloaded or exported (.bentomodel).")],
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept it at once, as `diamonds accept` does.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add the version of a file to the model store, once it is checked; it is not promoted."""
    from diamonds.model_files import transfer
    from diamonds.model_files.errors import BadVersionFile
    from diamonds.versions import acceptance

    try:
        imported = transfer.import_version(file.read_bytes())
    except BadVersionFile as error:
        raise CommandError(f"{file} is refused. {error}") from error
    tag = imported.version.tag
    if accept:
        acceptance.accept(tag)
    if as_json:
        print_json({"version": tag, "accepted": accept, "checks": imported.checks})
        return
    for sentence in imported.checks:
        typer.echo(sentence)
    waits = "accepted" if accept else f"not accepted yet; accept it with: diamonds accept {tag}"
    typer.echo(f"{tag} is imported and {waits}")


def accept(tag: Tag, as_json: AsJson = False) -> None:
    """Let a version quote for its model's name, start searches and join ensembles."""
    from diamonds.versions import acceptance

    accepted = acceptance.accept(tag_named(tag))
    sentence = f"{accepted.tag} quotes for model {accepted.model!r} from now on."
    print_result(sentence, {"version": accepted.tag, "model": accepted.model, "accepted": True}, as_json)


def delete(tag: Tag, as_json: AsJson = False) -> None:
    """Delete a version, also a damaged one; the champion itself stays until another is promoted."""
    from diamonds.versions import changes, store

    champion = store.champion()
    if champion is not None and tag.removeprefix(store.PREFIX) == store.CHAMPION_NAME:
        tag = champion.tag
    tag = tag_named(tag)
    if champion is not None and champion.tag == tag:
        raise typer.BadParameter(f"Got {tag}, which quotes prices; promote another version first.")
    changes.delete(tag)
    print_result(f"{tag} is deleted.", {"version": tag, "deleted": True}, as_json)
