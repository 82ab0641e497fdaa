"""Turns an exception of a command into one line on stderr, a document with --json, and an exit code."""

import errno
import functools
import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec

import pydantic
import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from diamonds.cli.output import print_json, printable
from diamonds.cli.signals import leaving_on_sigterm

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended, as shells report it."""
_UNEXPECTED = (AssertionError, AttributeError, ImportError, IndexError, KeyError, NameError, TypeError)

log = logging.getLogger(__name__)
P = ParamSpec("P")


class CommandError(Exception):
    """A command cannot go on, for the reason that the message gives, and ends with this exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def with_one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """The command, ending with one line and an exit code where it raises; ``--verbose`` logs the traceback.

    With ``--json`` the line is an object on stdout as well. Ctrl-C ends it with 130, SIGTERM with 143.
    """

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with leaving_on_sigterm():
                command(*args, **kwargs)
        except (typer.Exit, typer.Abort, BrokenPipeError):  # nobody reads the output any more: no word of it
            raise
        except KeyboardInterrupt:
            _print_error("It was interrupted.", kwargs)
            raise typer.Exit(INTERRUPTED) from None
        except SystemExit:
            _print_error("It was ended by a signal.", kwargs)
            raise
        except TyperException:  # the group shows it, as what is wrong with the options
            raise
        except Exception as error:
            log.debug("Traceback of the error", exc_info=True)
            _end(one_line(error), error.code if isinstance(error, CommandError) else FAILED, kwargs)

    return guarded


class Commands(TyperGroup):
    """A group of commands that shows also what is wrong with its options as a document with ``--json``."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        with _shown_as_json(args):
            return super().make_context(info_name, args, parent, **extra)

    def main(self, *args: Any, **extra: Any) -> Any:
        try:
            return super().main(*args, **extra)
        except OSError as error:  # of help or what is wrong with options, which cannot be printed
            typer.echo(f"diamonds: {one_line(error)}", err=True)
            sys.exit(FAILED)

    def invoke(self, ctx: Any) -> Any:
        with _shown_as_json([*ctx._protected_args, *ctx.args]):
            return super().invoke(ctx)


@contextmanager
def _shown_as_json(arguments: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except TyperException as error:
        error.message = error.message.replace("Value error, ", "")  # what pydantic puts before ours
        message = error.format_message().removeprefix("Invalid value: ")
        _print_error(message, {"as_json": "--json" in arguments})
        raise


def _end(message: str, code: int, options: dict[str, Any]) -> None:
    typer.echo(f"diamonds: {message}", err=True)
    _print_error(message, options)
    raise typer.Exit(code)


def _print_error(message: str, options: dict[str, Any]) -> None:
    if options.get("as_json"):
        with suppress(OSError):  # what is wrong may be where it is to be printed
            print_json({"error": {"message": message}})


def one_line(error: Exception) -> str:
    """The message of an error on one line; of an error of the system also which file or address it is of."""
    if isinstance(error, pydantic.ValidationError):
        return printable(" ".join(map(_field_line, error.errors())))
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"Could not use {error.filename}: {error.strerror}."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "No space is left on the disk; make room, or set DIAMONDS_HOME to a folder of another disk."
    if isinstance(refusal := getattr(error, "orig", None), Exception):  # SQLAlchemy's, with the statement
        return f"The database cannot do it: {str(refusal).strip().partition(chr(10))[0]}"
    text = re.sub(r"^\[Errno \d+\] ", "", printable(str(error)))
    if type(error) in _UNEXPECTED or not text:
        return f"It failed where that was not expected ({text or 'no reason is given'}); see --verbose."
    return text


def _field_line(details: Any) -> str:
    name = ".".join(map(str, details["loc"]))
    message = details["msg"].removeprefix("Value error, ")
    return message if message.startswith("Got ") else f"Got {name}={details['input']!r}: {message}."
