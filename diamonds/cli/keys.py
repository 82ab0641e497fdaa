"""``diamonds keys``: makes, lists, revokes and rotates API keys."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diamonds.cli.errors import with_one_line_errors
from diamonds.cli.output import AsJson, console, print_json, print_result
from diamonds.keys.scopes import MEANINGS, Scope

if TYPE_CHECKING:
    from diamonds.keys.key import StoredKey

keys = typer.Typer(no_args_is_help=True, help="Make, list, revoke and rotate API keys.")

_SCOPES = "; ".join(f"{scope}: {text}" for scope, text in MEANINGS.items())
_ONCE = "This is the key, now and never again; send it as `Authorization: Bearer KEY`."

Name = Annotated[str, typer.Argument(help="The name of the key, for who looks at the list.")]
Known = Annotated[str, typer.Argument(help="The name of the key, or its id.")]


@keys.command()
@with_one_line_errors
def add(
    name: Name,
    scope: Annotated[list[Scope], typer.Option(help=f"What it allows; repeat it for more. {_SCOPES}.")],
    days: Annotated[
        float | None, typer.Option(min=0, help="Expire after so many days. Default: never.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once."""
    from diamonds.database import migrate, running
    from diamonds.keys import database

    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with running():
        migrate()
        _print_once(database.add(name, scope, expires_at), as_json)


@keys.command("list")
@with_one_line_errors
def list_keys(as_json: AsJson = False) -> None:
    """Show all keys, newest first, also those that are revoked or expired."""
    from diamonds.database import migrate, running
    from diamonds.keys import database

    with running():
        migrate()
        rows = [_row(key) for key in database.stored_keys()]
    print_json(rows) if as_json else _print_table(rows)


@keys.command()
@with_one_line_errors
def revoke(name: Known, as_json: AsJson = False) -> None:
    """Refuse a key from now on; running services do so within seconds."""
    from diamonds.database import migrate, running
    from diamonds.keys import database

    with running():
        migrate()
        revoked = database.revoke(name)
    print_result(f"Revoked {name}.", {"name": name, "revoked": revoked}, as_json)


@keys.command()
@with_one_line_errors
def rotate(
    name: Known,
    grace: Annotated[float, typer.Option(min=0, help="Seconds for which the old key stays valid.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Make a new key in the place of one, with the same scopes, and print it, this once."""
    from diamonds.database import migrate, running
    from diamonds.keys import database

    with running():
        migrate()
        _print_once(database.rotate(name, timedelta(seconds=grace)), as_json)


def _print_once(key: str, as_json: bool) -> None:
    from diamonds.keys import database

    typer.echo(_ONCE, err=True)
    print_result(key, {"key": key, **_row(database.stored_key(key))}, as_json)


def _row(key: "StoredKey") -> dict[str, Any]:
    names = ("created_at", "expires_at", "last_used_at", "revoked_at")
    moments = {name: getattr(key, name) for name in names}
    return {
        "name": key.name,
        "id": key.id,
        "scopes": sorted(key.scopes),
        **{name: moment and moment.isoformat(timespec="seconds") for name, moment in moments.items()},
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    if not rows:
        typer.echo("There is no key yet. Make one with: diamonds keys add NAME --scope quote")
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("name", no_wrap=True, overflow="fold")
    for heading in ("scopes", "created (UTC)", "last used", "state"):
        table.add_column(heading)
    for row in rows:
        times = _minute(row["created_at"]), _minute(row["last_used_at"])
        table.add_row(row["name"], ", ".join(row["scopes"]), *times, _state(row))
    console().print(table)


def _state(row: dict[str, Any]) -> str:
    if row["revoked_at"] is not None:
        return "revoked"
    if row["expires_at"] is None:
        return "active"
    expired = datetime.fromisoformat(row["expires_at"]) <= datetime.now(UTC)
    return "expired" if expired else f"until {_minute(row['expires_at'])}"


def _minute(moment: str | None) -> str:
    return "" if moment is None else moment[:16].replace("T", " ")
