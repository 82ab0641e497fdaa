"""``diamonds promote``, ``rollback``, ``history`` and ``compare``: the champion and its history."""

from collections.abc import Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from diamonds.cli.output import AsJson, console, print_json, printable
from diamonds.cli.versions import tag_named

if TYPE_CHECKING:
    from diamonds.versions.promotion import Decision

NOT_PROMOTED = 4
"""Exit code when a version is not promoted because it is not better."""

Tag = Annotated[str, typer.Argument(help="A version, or a model for its newest.")]


def promote(
    tag: Tag,
    force: Annotated[bool, typer.Option("--force", help="Promote it even if it is not better.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a version the champion if it is better than the present one on the hold-out."""
    from diamonds.versions import promotion

    decision = promotion.promote(tag_named(tag), force=force)
    _print(decision, as_json)
    if not decision.promote:
        raise typer.Exit(NOT_PROMOTED)


def rollback(as_json: AsJson = False) -> None:
    """Make the champion before the present one champion again."""
    from diamonds.versions import promotion

    _print(promotion.rollback(), as_json)


def history(as_json: AsJson = False) -> None:
    """Show every promotion with its reason, and who paused and resumed what, newest first.

    JSON has the promotions alone.
    """
    from diamonds.versions import store

    rows: list[dict[str, Any]] = [
        {
            "promoted_at": version.created_at.isoformat(timespec="seconds"),
            "version": version.labels["source"],
            "mae": float(version.labels["mae"]),
            "reason": version.labels["reason"],
        }
        for version in store.history()
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for heading in ("promoted (UTC)", "version", "MAE"):
        table.add_column(heading, no_wrap=True)
    table.add_column("reason", overflow="fold")
    promoted = [(row["promoted_at"], row["version"], f"{row['mae']:.1f}", row["reason"]) for row in rows]
    for moment, *cells in sorted([*promoted, *_changes_of_switches()], key=itemgetter(0), reverse=True):
        table.add_row(moment[:16].replace("T", " "), *map(printable, cells))
    console().print(table)


def _changes_of_switches() -> Iterator[tuple[str, str, str, str]]:
    """Who paused and resumed what, as rows of the history."""
    from diamonds.versions import switches
    from diamonds.versions.switch_history import SwitchesAway

    try:
        changes = switches.changes()
    except SwitchesAway as error:
        typer.echo(f"Who paused what cannot be seen: {error}", err=True)
        return
    for change in changes:
        verb = "paused" if change.paused else "resumed"
        reason = f": {change.reason}" if change.reason else "."
        when = change.at.isoformat(timespec="seconds")
        yield when, "", "", f"{change.by} {verb} the {change.switch}{reason}"


def compare(champion: Tag, challenger: Tag, as_json: AsJson = False) -> None:
    """Compare two versions on the hold-out of the second, as a promotion would; nothing is changed."""
    from diamonds.versions import promotion

    _print(promotion.compare(tag_named(champion), tag_named(challenger)), as_json)


def _print(decision: "Decision", as_json: bool) -> None:
    if as_json:
        print_json({"promote": decision.promote, "reason": decision.reason})
        return
    console(soft_wrap=True).print(printable(decision.reason), highlight=False)
