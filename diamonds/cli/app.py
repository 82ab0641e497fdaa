"""The ``diamonds`` command: registers the commands of all modules of ``diamonds.cli``."""

import logging
from typing import Annotated

import typer

from diamonds.cli.data import data
from diamonds.cli.errors import with_one_line_errors
from diamonds.cli.exchanges import exchanges, export, forget
from diamonds.cli.models import models
from diamonds.cli.predict import predict
from diamonds.cli.promotions import compare, history, promote, rollback
from diamonds.cli.replay import replay
from diamonds.cli.reproduce import reproduce
from diamonds.cli.run import run
from diamonds.cli.settings import show_settings
from diamonds.cli.train import train

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
_COMMANDS = (
    *(run, train, data, models, predict, reproduce),
    *(promote, rollback, history, compare),
    *(exchanges, export, forget, replay),
)
for command in _COMMANDS:
    app.command()(with_one_line_errors(command))
app.command("settings")(with_one_line_errors(show_settings))


@app.callback()
def diamonds(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log what happens, and tracebacks of errors.")
    ] = (False),
) -> None:
    """Train, promote and serve models of what a diamond is worth."""
    if verbose:
        logging.basicConfig(level=logging.INFO)
        logging.getLogger("diamonds").setLevel(logging.DEBUG)
