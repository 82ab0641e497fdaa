"""``diamonds exchanges``, ``export`` and ``forget``: shows, exports and erases recorded exchanges."""

import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from diamonds.cli.output import AsJson, print_result, printable
from diamonds.cli.refused import move_file
from diamonds.cli.refused import refused as show_refused
from diamonds.versions.names import PREFIX

if TYPE_CHECKING:
    from diamonds.exchanges import Exchange, Filter

_POLL_SECONDS = 1.0
_POLL_LIMIT = 1000
_LATEST_ARRIVAL = timedelta(minutes=1)
"""How long after its start an exchange may reach the database and still be followed."""

Since = Annotated[datetime | None, typer.Option(help="Only from this time on; UTC unless it has an offset.")]
Until = Annotated[datetime | None, typer.Option(help="Only before this time; UTC unless it has an offset.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print as JSON: a list, or with --follow one exchange a line.")
]


def exchanges(
    since: Since = None,
    until: Until = None,
    path: Annotated[str | None, typer.Option(help="Only this path, such as /predict.")] = None,
    status: Annotated[int | None, typer.Option(help="Only this HTTP status.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Only answered by this model.",
            callback=lambda name: name and name.removeprefix(PREFIX),
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="Only with this text in the request or response body; ignores case."),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many, newest last.", min=1, max=1000)] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print new ones until Ctrl-C.")] = False,
    as_json: Json = False,
    ids: Annotated[list[UUID] | None, typer.Option("--id", help="Only this exchange; repeatable.")] = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="Show dead letters instead: those that the database refuses.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="With --refused: store them now, all or those of --id.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="With --refused: remove those of --id for good.")
    ] = False,
) -> None:
    """Show the newest exchanges, the newest last."""
    from diamonds.database import migrate, running
    from diamonds.exchanges import Filter

    filters = Filter(since=aware(since), until=aware(until), path=path, status=status, model=model, text=text)
    _check_options(
        any_filter=follow or filters != Filter(), ids=ids, refused=refused, manages=retry or remove
    )
    with running():
        migrate()
        if refused:
            show_refused(ids or (), limit=limit, retry=retry, remove=remove, as_json=as_json)
            return
        if ids:
            _print(_with_ids(ids), as_json)
            return
        listed = _newest(filters, limit)[::-1]
        if not follow:
            _print(listed, as_json)
            return
        for exchange in chain(listed, _follow(filters, listed)):
            typer.echo(_json(asdict(exchange)) if as_json else _line(exchange))


def export(
    file: Annotated[Path, typer.Argument(help="The Parquet file to write.")],
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Write the exchanges of a time range to a Parquet file."""
    if not file.absolute().parent.is_dir():
        raise typer.BadParameter(f"Got {file}; expected a file in a folder that there is.")
    if file.exists() and not file.is_file():  # a folder, or a device, in whose place the file would be put
        raise typer.BadParameter(f"Got {file}; expected the name of a file, which is written or replaced.")
    from diamonds.database import migrate, running
    from diamonds.exchanges import Filter
    from diamonds.exchanges.database.export import export as write_parquet

    with running():
        migrate()
        rows = write_parquet(Filter(since=aware(since), until=aware(until)), file)
    print_result(f"Wrote {rows:,} exchanges to {file}.", {"file": str(file), "exchanges": rows}, as_json)


def forget(
    ids: Annotated[list[UUID] | None, typer.Argument(help="X-Exchange-Ids of the exchanges.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A file with one id a line.")] = None,
    as_json: AsJson = False,
) -> None:
    """Erase exchanges and their feedback for good, also those that have not reached the database yet."""
    from diamonds.database import migrate, running
    from diamonds.exchanges.database.erasure import forget as erase

    every_id = [*(ids or []), *(_ids_in(file) if file else [])]
    if not every_id:
        raise typer.BadParameter("Got no id; expected X-Exchange-Ids, or --file with one a line.")
    with running():
        migrate()
        move_file()
        erased = erase(every_id)
    sentence = f"Forgot {erased:,} of {len(every_id):,} exchanges; the others will not be stored later."
    if not erased:
        sentence = (
            "Nothing is stored under what was named, so nothing was forgotten; nor will it be stored later."
        )
    print_result(sentence, {"named": len(every_id), "forgotten": erased}, as_json)


def _ids_in(file: Path) -> list[UUID]:
    """The ids of a file; raises ``typer.BadParameter`` with the first that is none."""
    ids = []
    for text in file.read_text("utf-8", errors="replace").split():
        try:
            ids.append(UUID(text))
        except ValueError as error:
            message = f"Got {text[:60]!r} in {file}; expected X-Exchange-Ids, one a line."
            raise typer.BadParameter(message, param_hint="--file") from error
    return ids


def _check_options(*, any_filter: bool, ids: list[UUID] | None, refused: bool, manages: bool) -> None:
    if manages and not refused:
        raise typer.BadParameter("Got --retry or --remove alone; expected it together with --refused.")
    if any_filter and (refused or ids):
        expected = "expected --limit, --json or nothing beside it"
        raise typer.BadParameter(f"Got --refused or --id with a filter or --follow; {expected}.")


def _with_ids(ids: list[UUID]) -> list["Exchange"]:
    from diamonds.exchanges import exchange

    matches = {id_: exchange(id_) for id_ in ids}
    for id_, match in matches.items():
        if match is None:
            raise typer.BadParameter(f"Got {id_}; expected the id of a stored exchange.", param_hint="--id")
    return [match for match in matches.values() if match is not None]


def aware(moment: datetime | None) -> datetime | None:
    """The moment with a time zone: UTC where it has none."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _newest(filters: "Filter", limit: int) -> list["Exchange"]:
    """The newest exchanges, newest first; a text search reads pages until there are enough, or no more."""
    from diamonds.exchanges import page

    exchanges: list[Exchange] = []
    cursor = None
    while len(exchanges) < limit:
        next_page = page(filters, limit=limit - len(exchanges), cursor=cursor)
        exchanges += next_page.exchanges
        cursor = next_page.next
        if cursor is None:
            break
    return exchanges


def _follow(filters: "Filter", listed: list["Exchange"]) -> Iterator["Exchange"]:
    """Exchanges that start after the listed ones, as they reach the database."""
    start = listed[-1].started_at if listed else datetime.now(UTC)
    seen = {exchange.id for exchange in listed}
    while True:
        since = max(start, datetime.now(UTC) - _LATEST_ARRIVAL)
        for exchange in _newest(replace(filters, since=since), _POLL_LIMIT)[::-1]:
            if exchange.id not in seen:
                seen.add(exchange.id)
                yield exchange
        time.sleep(_POLL_SECONDS)


def _print(exchanges: list["Exchange"], as_json: bool) -> None:
    if as_json:
        typer.echo(_json([asdict(exchange) for exchange in exchanges]))
        return
    for exchange in exchanges:
        typer.echo(_line(exchange))


def _json(content: object) -> str:
    import orjson

    return orjson.dumps(content, default=_hex).decode()


def _hex(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(type(value).__name__)


def _line(exchange: "Exchange") -> str:
    duration = "" if exchange.duration_ms is None else f"{exchange.duration_ms:8.1f} ms"
    request = f"{exchange.method} {exchange.path}" + (f"?{exchange.query}" if exchange.query else "")
    started, status = f"{exchange.started_at:%Y-%m-%d %H:%M:%S}", exchange.status or "---"
    return (
        f"{started}  {status} {duration:11}  {printable(request):24} {exchange.model or '':8} {exchange.id}"
    )
