"""``diamonds run``: trains a first model if there is none, then runs all parts until Ctrl-C."""

import os
import shutil
import signal
import socket
import subprocess
import sys

import typer

from diamonds.cli.signals import leaving_on_sigterm
from diamonds.cli.train import PARTLY_FAILED
from diamonds.settings import settings
from diamonds.stack.environment import environment, metrics_folder
from diamonds.stack.only_run import only_run
from diamonds.stack.parts import parts
from diamonds.stack.ports import service_sockets
from diamonds.stack.prefect import check_variables
from diamonds.stack.processes import MARK, mark_of
from diamonds.stack.supervisor import guarded, supervise


def run() -> None:
    """Train if nothing is trained yet, then serve everything until Ctrl-C."""
    check_variables()
    home = settings().home
    stop_postgres = [sys.executable, "-m", "diamonds.database.embedded", str(home / "postgres")]
    with leaving_on_sigterm(), only_run(home), service_sockets() as sockets, guarded(home, stop_postgres):
        exit_code = _train_and_serve(sockets)
    raise typer.Exit(exit_code)


def _train_and_serve(sockets: list[socket.socket]) -> int:
    from diamonds import database
    from diamonds.keys.binding import check_binding

    with database.running():
        database.migrate()
        check_binding(settings().host)
        _make_admin_key()
        exit_code = _train_unless_champion()
        if exit_code not in (0, PARTLY_FAILED):
            return exit_code
        shutil.rmtree(metrics_folder(), ignore_errors=True)
        metrics_folder().mkdir()
        supervise(parts(sockets), settings().home)
    return 0


def _make_admin_key() -> None:
    from diamonds.keys import admin_key

    if admin_key.ensure(settings().home):
        typer.echo(f"A key with all scopes is in {settings().home / admin_key.NAME}")


def _train_unless_champion() -> int:
    # In a process of its own, so that the supervisor does not hold the memory of training until the end.
    # The known good parameters only: the schedules search deeper while prices are already quoted.
    command = [sys.executable, "-m", "diamonds", "train", "--if-no-champion", "--trials", "1"]
    variables = environment("training") | {MARK: mark_of(settings().home, "training")}
    with subprocess.Popen(command, env=variables, process_group=0) as training:
        try:
            return training.wait()
        except BaseException:
            os.killpg(training.pid, signal.SIGTERM)
            raise
