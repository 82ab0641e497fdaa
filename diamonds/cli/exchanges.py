"""``diamonds exchanges``, ``export``, ``forget`` and ``replay``: what was asked, and what was answered."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from diamonds.exchanges import Exchange, Filter

_LOOK_AGAIN_S = 1.0
_NEW_PAGE = 1000

Since = Annotated[datetime | None, typer.Option(help="Only from this time on; UTC unless it says else.")]
Until = Annotated[datetime | None, typer.Option(help="Only before this time; UTC unless it says else.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON, one exchange a line.")]


def exchanges(
    since: Since = None,
    until: Until = None,
    path: Annotated[str | None, typer.Option(help="Only this path, such as /predict.")] = None,
    status: Annotated[int | None, typer.Option(help="Only this HTTP status.")] = None,
    model: Annotated[str | None, typer.Option(help="Only what this model answered.")] = None,
    text: Annotated[
        str | None, typer.Option(help="Only with this text in the request's or answer's body, in any case.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many, newest last.", min=1, max=1000)] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the newest exchanges, the newest last."""
    from diamonds.database import migrate, running
    from diamonds.exchanges import Filter

    wanted = Filter(
        since=_aware(since), until=_aware(until), path=path, status=status, model=model, text=text
    )
    with running():
        migrate()
        found = _newest(wanted, limit)[::-1]
        _print(found, as_json)
        if follow:
            for one in _new(wanted, found):
                _print([one], as_json)


def export(
    file: Annotated[Path, typer.Argument(help="The Parquet file to write.")],
    since: Since = None,
    until: Until = None,
) -> None:
    """Write the exchanges of a time range to a Parquet file."""
    from diamonds.database import migrate, running
    from diamonds.exchanges import Filter
    from diamonds.exchanges.database.export import export as write

    with running():
        migrate()
        rows = write(Filter(since=_aware(since), until=_aware(until)), file)
    typer.echo(f"Wrote {rows:,} exchanges to {file}.")


def forget(
    ids: Annotated[list[UUID] | None, typer.Argument(help="X-Exchange-Ids of what to forget.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A file with one id a line.")] = None,
) -> None:
    """Remove exchanges and the feedback about them for good, also what is on its way to the database."""
    from diamonds.database import migrate, running
    from diamonds.exchanges.database.erasure import forget as remove

    named = [*(ids or []), *(map(UUID, file.read_text().split()) if file else [])]
    with running():
        migrate()
        gone = remove(named)
    typer.echo(f"Forgot {gone:,} of {len(named):,} exchanges; the others are not kept if they come late.")


def replay(
    model: Annotated[str, typer.Option(help="Tag of the version, such as diamonds-linear:abc.")],
    since: Since = None,
    until: Until = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Price kept requests with another version: how would the quotes have differed?"""
    from diamonds.cli.versions import print_json
    from diamonds.database import migrate, running
    from diamonds.exchanges import Filter
    from diamonds.monitoring.replay import replay as price_again
    from diamonds.pricing.pricer import load_pricer
    from diamonds.versions import store

    pricer = load_pricer(store.get(model))
    with running():
        migrate()
        found = price_again(Filter(since=_aware(since), until=_aware(until), path="/predict"), pricer)
    if as_json:
        print_json(asdict(found))
        return
    typer.echo(f"{found.quotes:,} quotes priced again with {pricer.tag} ({found.skipped:,} were no quotes)")
    typer.echo(f"on average {found.mean_usd:+,.2f} USD ({found.mean_share:+.2%})")
    typer.echo(
        f"{found.mean_absolute_share:.2%} apart on average, {found.largest_absolute_share:.2%} at most"
    )


def _aware(moment: datetime | None) -> datetime | None:
    from datetime import UTC

    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _newest(wanted: "Filter", limit: int) -> list["Exchange"]:
    """The newest exchanges, newest first; a search for a text goes on until there are enough, or no more."""
    from diamonds.exchanges import page

    found: list[Exchange] = []
    cursor = None
    while len(found) < limit:
        next_page = page(wanted, limit=limit - len(found), cursor=cursor)
        found += next_page.exchanges
        cursor = next_page.next
        if cursor is None:
            break
    return found


def _new(wanted: "Filter", shown: list["Exchange"]) -> Iterator["Exchange"]:
    """What comes after ``shown``, as it arrives; late arrivals of up to a minute are not missed."""
    from dataclasses import replace
    from datetime import UTC, timedelta

    began = shown[-1].started_at if shown else datetime.now(UTC)
    seen = {one.id for one in shown}
    while True:
        since = max(began, datetime.now(UTC) - timedelta(minutes=1))
        for one in _newest(replace(wanted, since=since), _NEW_PAGE)[::-1]:
            if one.id not in seen:
                seen.add(one.id)
                yield one
        time.sleep(_LOOK_AGAIN_S)


def _print(found: list["Exchange"], as_json: bool) -> None:
    import orjson

    for one in found:
        typer.echo(orjson.dumps(asdict(one), default=_hex).decode() if as_json else _line(one))


def _hex(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(type(value).__name__)


def _line(one: "Exchange") -> str:
    took = "" if one.duration_ms is None else f"{one.duration_ms:8.1f} ms"
    called = f"{one.method} {one.path}" + (f"?{one.query}" if one.query else "")
    began, status = f"{one.started_at:%Y-%m-%d %H:%M:%S}", one.status or "---"
    return f"{began}  {status} {took:11}  {called:24} {one.model or '':8} {one.id}"
