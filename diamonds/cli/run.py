"""``diamonds run``: trains first models if there are none, then runs all parts until Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import typer

from diamonds.cli.errors import CommandError
from diamonds.cli.signals import leaving_on_sigterm
from diamonds.cli.train import PARTLY_FAILED
from diamonds.loopback import is_loopback
from diamonds.process_list import NOT_SHOWN, are_processes_shown
from diamonds.settings import settings, unknown_variables
from diamonds.stack.environment import PREFECT, TRAINING, environment, metrics_folder
from diamonds.stack.only_run import only_run
from diamonds.stack.parts import check_of_champion, database_of_prefect, first_training, parts
from diamonds.stack.ports import service_sockets
from diamonds.stack.prefect import check_variables, is_own_server
from diamonds.stack.processes import MARK, mark_of
from diamonds.stack.supervisor import guarded, supervise
from diamonds.versions.presence import may_have_champion


def run() -> None:
    """Train if nothing is trained yet, then serve everything until Ctrl-C."""
    check_variables()
    if not are_processes_shown():
        raise CommandError(NOT_SHOWN)
    for sentence in unknown_variables():
        typer.echo(f"diamonds: {sentence}", err=True)
    home = settings().home
    stop_postgres = [sys.executable, "-m", "diamonds.database", str(home / "postgres")]
    with (
        leaving_on_sigterm(),
        only_run(home),
        service_sockets() as sockets,
        guarded(home, stop_postgres),
        ExitStack() as opened,
    ):
        prepare = partial(_prepare, opened)
        if is_loopback(settings().host) and may_have_champion():
            _make_folders()
            supervise([*parts(sockets), check_of_champion()], home, prepare)
        else:
            prepare()
            _make_folders()
            _train_first()
            supervise(parts(sockets), home)


def _make_folders() -> None:
    from diamonds.keys import admin_key

    home = settings().home
    if admin_key.ensure(home):
        typer.echo(f"A key with all scopes is in {home / admin_key.NAME}")
    shutil.rmtree(metrics_folder(), ignore_errors=True)
    metrics_folder().mkdir()


def _prepare(opened: ExitStack) -> None:
    """Starts and migrates the database, which runs until the end, and checks who may reach the service."""
    from diamonds import database
    from diamonds.keys.binding import check_binding

    opened.enter_context(database.running())
    database.migrate()
    check_binding(settings().host)


def _train_first() -> None:
    """Trains the first models, unless there is a champion; ends with their exit code where none is good."""
    typer.echo("Trains the first models; the others follow while prices are quoted.", err=True)
    # In a process of its own, so that the supervisor does not hold the memory of training until the end.
    variables = environment(TRAINING) | {MARK: mark_of(settings().home, TRAINING)}
    with (
        _database_of_prefect_made(),
        subprocess.Popen(first_training(), env=variables, process_group=0) as training,
    ):
        try:
            exit_code = training.wait()
        except BaseException:
            os.killpg(training.pid, signal.SIGTERM)
            raise
    if exit_code not in (0, PARTLY_FAILED):
        raise typer.Exit(exit_code)


@contextmanager
def _database_of_prefect_made() -> Iterator[None]:
    """Makes the database of Prefect's own server meanwhile; where that fails, the server tries and says why.

    The server would hold the memory of what makes it until the end.
    """
    if not is_own_server():
        yield
        return
    variables = environment(PREFECT) | {MARK: mark_of(settings().home, PREFECT)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        database_of_prefect(), env=variables, stdout=quiet, stderr=quiet, process_group=0
    ) as making:
        try:
            yield
        except BaseException:
            making.kill()
            raise
