"""Turns an exception of a command into one line on stderr and an exit code."""

import errno
import functools
import logging
import re
from collections.abc import Callable
from typing import Any, ParamSpec

import pydantic
import typer

FAILED = 1
BAD_INPUT = 2

log = logging.getLogger(__name__)
P = ParamSpec("P")


def with_one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """The command, ending with one line and exit code 1 where it raises; ``--verbose`` logs the traceback."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:
            log.debug("Traceback of the error", exc_info=True)
            typer.echo(f"diamonds: {one_line(error)}", err=True)
            raise typer.Exit(FAILED) from error

    return guarded


def one_line(error: Exception) -> str:
    """The message of an error on one line; of an error of the system also which file or address it is of."""
    if isinstance(error, pydantic.ValidationError):
        return " ".join(map(_field_line, error.errors()))
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"Could not use {error.filename}: {error.strerror}."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "No space is left on the disk; make room, or set DIAMONDS_HOME to a folder of another disk."
    text = re.sub(r"^\[Errno \d+\] ", "", " ".join(str(error).split()))
    return text or f"Ended by {type(error).__name__}, which says nothing more; try again with --verbose."


def _field_line(details: Any) -> str:
    name = ".".join(map(str, details["loc"]))
    message = details["msg"].removeprefix("Value error, ")
    return message if message.startswith("Got ") else f"Got {name}={details['input']!r}: {message}."
