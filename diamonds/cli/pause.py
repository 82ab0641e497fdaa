"""``diamonds pause`` and ``resume``: stop and restart promotions, or what the monitoring does."""

import getpass
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from diamonds.cli.output import AsJson, print_result

if TYPE_CHECKING:
    from diamonds.versions.switches import Change

Switch = Literal["promotion", "loop"]
What = Annotated[
    Switch,
    typer.Argument(help="promotion: versions that nobody forces; loop: trainings and rollbacks by alarms."),
]
By = Annotated[str | None, typer.Option(help="Who does it; by default the user of this machine.")]


def pause(
    switch: What,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the history.")],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Pause promotions, or all that the monitoring would do by itself."""
    if not reason.strip():
        raise typer.BadParameter("Got nothing; expected why, for the history.", param_hint="--reason")
    _set(switch, paused=True, reason=reason, by=by, as_json=as_json)


def resume(
    switch: What,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the history.")] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Let promotions, or the monitoring, go on."""
    _set(switch, paused=False, reason=reason, by=by, as_json=as_json)


def _set(switch: Switch, *, paused: bool, reason: str, by: str | None, as_json: bool) -> None:
    from diamonds.versions import switches

    by = _text(by or getpass.getuser())
    change = switches.set_switch(switches.Switch(switch), paused=paused, by=by, reason=_text(reason))
    print_result(sentence(change), asdict(change), as_json)


def _text(argument: str) -> str:
    """The argument as UTF-8, whatever the locale says: what is stored is read elsewhere."""
    return os.fsencode(argument).decode("utf-8", "replace")


def sentence(change: "Change") -> str:
    """A change of a switch in one line."""
    verb = "paused" if change.paused else "resumed"
    reason = f": {change.reason}" if change.reason else ""
    return f"{change.at:%Y-%m-%d %H:%M} UTC: {change.by} {verb} the {change.switch}{reason}"
