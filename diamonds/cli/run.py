"""``diamonds run``: trains a first model if there is none, then runs all processes until Ctrl-C."""

import os
import signal
import subprocess
import sys

import typer

from diamonds.cli.signals import leaving_on_sigterm
from diamonds.cli.train import PARTLY_FAILED
from diamonds.settings import settings
from diamonds.stack.ports import check_ports
from diamonds.stack.prefect import check_variables


def run() -> None:
    """Train if nothing is trained yet, then serve everything until Ctrl-C."""
    check_variables()
    check_ports()
    with leaving_on_sigterm():
        exit_code = _train_and_serve()
    raise typer.Exit(exit_code)


def _train_and_serve() -> int:
    from diamonds import database
    from diamonds.keys.binding import check_binding
    from diamonds.stack.supervisor import supervise

    with database.running():
        database.migrate()
        check_binding(settings().host)
        _make_admin_key()
        exit_code = _train_unless_champion()
        return supervise() if exit_code in (0, PARTLY_FAILED) else exit_code


def _make_admin_key() -> None:
    from diamonds.keys import admin_key

    if admin_key.ensure(settings().home):
        typer.echo(f"A key with all scopes is in {settings().home / admin_key.NAME}")


def _train_unless_champion() -> int:
    # In a process of its own, so that the supervisor does not hold the memory of training until the end.
    # The known good parameters only: the schedules search deeper while prices are already quoted.
    command = [sys.executable, "-m", "diamonds", "train", "--if-no-champion", "--trials", "1"]
    with subprocess.Popen(command, process_group=0) as training:
        try:
            return training.wait()
        except BaseException:
            os.killpg(training.pid, signal.SIGTERM)
            raise
