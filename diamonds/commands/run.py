"""``diamonds run``: everything at once, until Ctrl-C."""

import signal
import subprocess
import sys
from types import FrameType

import typer

from diamonds.commands.train import PARTLY_FAILED
from diamonds.ports import check_ports


def run() -> None:
    """Train if nothing is trained yet, then serve everything until Ctrl-C."""
    check_ports()
    signal.signal(signal.SIGTERM, _leave)
    from diamonds import database
    from diamonds.supervision import supervise

    with database.running():
        database.migrate()
        _train_unless_champion()
        exit_code = supervise()
    raise typer.Exit(exit_code)


def _train_unless_champion() -> None:
    # In its own process: what training imports and holds would stay with the supervisor until the end.
    training = [sys.executable, "-m", "diamonds", "train", "--if-no-champion"]
    exit_code = subprocess.run(training, check=False).returncode
    if exit_code not in (0, PARTLY_FAILED):
        raise typer.Exit(exit_code)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
