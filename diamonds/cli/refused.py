"""``diamonds exchanges --refused``: lists, shows, retries and removes what the database refuses."""

from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import typer

from diamonds.cli.output import print_json, print_result, printable

if TYPE_CHECKING:
    from diamonds.exchanges.database.dead_letters import DeadLetter
    from diamonds.exchanges.frames import Body, Joined


def refused(ids: Collection[UUID], *, limit: int, retry: bool, remove: bool, as_json: bool) -> None:
    """Does with dead letters what the options of ``diamonds exchanges --refused`` say."""
    if retry and remove:
        raise typer.BadParameter("Got --retry and --remove; expected one of them.")
    if remove and not ids:
        raise typer.BadParameter("Got --remove without --id; expected the ids of what to remove.")
    move_file()
    if remove:
        _remove(ids, as_json)
    elif retry:
        _retry(_read(ids, None), as_json)
    else:
        _print(_read(ids, None if ids else limit)[::-1], as_json=as_json, whole=bool(ids))


def move_file() -> None:
    """Moves dead letters from this machine's file to the table."""
    from diamonds.exchanges.shipping.refusals import Refusals
    from diamonds.settings import settings

    Refusals(settings().home / "journal").move_file()


def _read(ids: Collection[UUID], limit: int | None) -> "list[DeadLetter]":
    from diamonds.database import engine
    from diamonds.exchanges.database.dead_letters import read

    with engine().connect() as connection:
        letters = read(connection, ids, limit)
    missing = set(ids) - {letter.exchange_id for letter in letters}
    if missing:
        raise typer.BadParameter(f"Got {min(missing)}; expected the id of a dead letter.", param_hint="--id")
    return letters


def _remove(ids: Collection[UUID], as_json: bool) -> None:
    from diamonds.database import engine
    from diamonds.exchanges.database.dead_letters import remove

    with engine().begin() as connection:
        removed = remove(connection, ids)
    sentence = f"Removed {removed:,} of {len(ids):,} dead letters."
    print_result(sentence, {"named": len(ids), "removed": removed}, as_json)


def _retry(letters: "Sequence[DeadLetter]", as_json: bool) -> None:
    from diamonds.exchanges.shipping.refusals import retry

    still_refused = [(letter.exchange_id, reason) for letter in letters if (reason := retry(letter))]
    for id_, reason in still_refused:
        typer.echo(f"{id_} is still refused: {printable(reason)}", err=True)
    stored = len(letters) - len(still_refused)
    refused = [{"exchange_id": str(id_), "reason": reason} for id_, reason in still_refused]
    sentence = f"Stored {stored:,} of {len(letters):,} dead letters."
    print_result(sentence, {"stored": stored, "still_refused": refused}, as_json)
    if still_refused:
        raise typer.Exit(1)


def _print(letters: "Sequence[DeadLetter]", *, as_json: bool, whole: bool) -> None:
    if as_json:
        print_json([_as_dict(letter) for letter in letters])
        return
    for letter in letters:
        print_json(_as_dict(letter)) if whole else typer.echo(_line(letter))


def _as_dict(letter: "DeadLetter") -> dict[str, Any]:
    fields = asdict(letter)
    del fields["frames"]
    return {**fields, "exchanges": [_exchange(joined) for joined in letter.exchanges()]}


def _exchange(joined: "Joined") -> dict[str, Any]:
    request, response = joined
    return {
        "started_at": datetime.fromtimestamp(request.started_at, UTC),
        **{name: getattr(request, name) for name in ("method", "path", "query", "headers")},
        "request": _text(request.body),
        "status": response.status if response else None,
        "response": _text(response.body) if response else None,
    }


def _text(body: "Body") -> str:
    try:
        return body.content.decode()
    except UnicodeDecodeError:
        return f"base64: {b64encode(body.content).decode()}"


def _line(letter: "DeadLetter") -> str:
    request = letter.exchanges()[-1][0]
    retries = "retried automatically" if letter.retry_at else ""
    facts = (
        f"{letter.refused_at:%Y-%m-%d %H:%M:%S}",
        letter.sqlstate or "-----",
        printable(f"{request.method} {request.path}"),
    )
    return "  ".join(filter(None, (*facts, printable(letter.reason), retries, str(letter.exchange_id))))
