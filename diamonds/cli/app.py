"""The ``diamonds`` command: registers the commands of all modules of ``diamonds.cli``."""

import logging
from importlib import metadata
from typing import Annotated

import typer

from diamonds.cli.data import data
from diamonds.cli.doctor import doctor
from diamonds.cli.errors import Commands, with_one_line_errors
from diamonds.cli.exchanges import exchanges, export, forget
from diamonds.cli.feedback import feedback
from diamonds.cli.keys import keys
from diamonds.cli.migrate import migrate
from diamonds.cli.models import models
from diamonds.cli.monitor import monitor
from diamonds.cli.output import print_any_character
from diamonds.cli.pause import pause, resume
from diamonds.cli.price import price
from diamonds.cli.promotions import compare, history, promote, rollback
from diamonds.cli.replay import replay
from diamonds.cli.reproduce import reproduce
from diamonds.cli.run import run
from diamonds.cli.settings import show_settings
from diamonds.cli.simulate import simulate
from diamonds.cli.stone import explain, predict, similar
from diamonds.cli.stored_versions import accept, delete, export_version, import_version
from diamonds.cli.train import train
from diamonds.stack.user_folders import ensure_writable

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_COMMANDS = (
    *(run, doctor, train, data, predict, price, explain, similar),
    *(models, promote, rollback, history, compare, reproduce),
    *(export_version, import_version, accept, delete),
    *(exchanges, export, forget, replay, feedback),
    *(migrate, monitor, pause, resume, simulate),
)
for command in _COMMANDS:
    app.command()(with_one_line_errors(command))
app.command("settings")(with_one_line_errors(show_settings))
app.add_typer(keys, name="keys")


def show_version(wanted: bool) -> None:
    """Prints the version of the package and ends, where that is wanted."""
    if wanted:
        typer.echo(f"diamonds {metadata.version('diamonds')}")
        raise typer.Exit


@app.callback()
def diamonds(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log what happens, and tracebacks of errors.")
    ] = (False),
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version.")
    ] = (False),
) -> None:
    """Train, promote and serve models of what a diamond is worth."""
    print_any_character()
    ensure_writable()
    if verbose:
        logging.basicConfig(level=logging.INFO)
        logging.getLogger("diamonds").setLevel(logging.DEBUG)
