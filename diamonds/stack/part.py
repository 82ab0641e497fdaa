"""A part of the stack: a command that is kept running, and when it is started again."""

import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""The pauses before a part that ended is started again; each is twice as long as the one before."""


@dataclass(frozen=True, slots=True)
class Part:
    """A command, its environment, and the sockets that it takes over, which outlive it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    sockets: tuple[socket.socket, ...] = ()
    discards_output: bool = field(default=False, kw_only=True)
    """Whether its output is a banner; errors go to stderr."""
    starts_later: bool = field(default=False, kw_only=True)
    """Whether it leaves the processors to the others until prices are quoted."""
    runs_once: bool = field(default=False, kw_only=True)
    """Whether it is not started again when it has ended."""
    ends_last: bool = field(default=False, kw_only=True)
    """Whether it is stopped after the others, which use it until they end."""
    stop_seconds: float = field(default=3, kw_only=True)
    """How long it may take to finish its work before it is killed."""


def next_pause(previous_s: float, ran_s: float) -> float:
    """The pause before a part is started again that ran for so long after the previous pause."""
    if previous_s == 0 or ran_s > LONGEST_PAUSE_S:
        return FIRST_PAUSE_S
    return min(2 * previous_s, LONGEST_PAUSE_S)


def ending(exit_code: int) -> str:
    """How a process ended, in words."""
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        return f"was ended by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was ended by signal {-exit_code}"
