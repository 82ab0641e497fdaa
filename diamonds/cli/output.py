"""Prints on a terminal: JSON, one document for a command, and text as it is, whoever wrote it."""

import io
import json
import math
import sys
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console

LEAST_COLUMNS = 80
"""A narrower terminal wraps the lines of a table; otherwise its cells would be cut."""

AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def print_json(content: object) -> None:
    """Prints the content as indented JSON; days become text, and numbers that JSON does not have null."""
    typer.echo(json.dumps(_finite(content), indent=2, default=_text))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def print_result(sentence: str, result: object, as_json: bool) -> None:
    """Prints what a command did: as a sentence, or the result as JSON."""
    print_json(result) if as_json else typer.echo(sentence)


def console(*, stderr: bool = False, soft_wrap: bool = False) -> Console:
    """A terminal on which text is no markup, and tables have room for at least ``LEAST_COLUMNS``."""
    width = max(Console(stderr=stderr).width, LEAST_COLUMNS)
    return Console(stderr=stderr, width=width, soft_wrap=soft_wrap, markup=False, emoji=False)


def printable(text: str) -> str:
    """The text on one line, with what would control a terminal as ``\\x1b``."""
    return "".join(each if each.isprintable() else _escaped(each) for each in " ".join(text.split()))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def print_any_character() -> None:
    """Has characters that the terminal's encoding lacks printed as ``\\u2605``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
