"""Switches that pause promotions or the whole loop, with their history: who, when and why."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from diamonds.versions.switch_history import SwitchesAway, append, newest_first


class Switch(StrEnum):
    """What can be paused: promotions that nobody forces, or all that the monitoring would do by itself."""

    PROMOTION = "promotion"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class Change:
    """A switch that somebody paused or resumed."""

    switch: Switch
    paused: bool
    by: str
    reason: str
    at: datetime


def set_switch(switch: Switch, *, paused: bool, by: str, reason: str) -> Change:
    """Pauses or resumes; the change is the newest of the history. Raises ``SwitchesAway``."""
    change = Change(switch, paused, by, reason, datetime.now(UTC))
    append({**asdict(change), "switch": switch.value, "at": change.at.isoformat()})
    return change


def changes() -> list[Change]:
    """Every change of a switch, newest first; raises ``SwitchesAway``."""
    return [_change(line) for line in newest_first()]


def pause_of(switch: Switch, history: Sequence[Change]) -> Change | None:
    """The change that paused the switch, if it is paused after that history, newest first."""
    newest = next((change for change in history if change.switch == switch), None)
    return newest if newest is not None and newest.paused else None


def why_paused(switch: Switch) -> str | None:
    """A sentence with who paused the switch, since when and why; None: it is not paused.

    Where nobody can see whether it is, it counts as paused.
    """
    try:
        pause = pause_of(switch, changes())
    except SwitchesAway as error:
        return f"Nobody can see whether the {switch} is paused, so it is: {error}"
    if pause is None:
        return None
    return f"{pause.by} paused the {switch} on {pause.at:%Y-%m-%d at %H:%M} UTC: {pause.reason}"


def _change(fields: dict[str, object]) -> Change:
    return Change(
        Switch(str(fields["switch"])),
        bool(fields["paused"]),
        str(fields["by"]),
        str(fields["reason"]),
        datetime.fromisoformat(str(fields["at"])),
    )
