"""Prints JSON on a terminal, one document for a command."""

import json
import sys
from datetime import date
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def print_json(content: object) -> None:
    """Prints the content as indented JSON; dates, as files of stones may have, become text."""
    json.dump(content, sys.stdout, indent=2, default=_text)
    sys.stdout.write("\n")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def print_result(sentence: str, result: object, as_json: bool) -> None:
    """Prints what a command did: as a sentence, or the result as JSON."""
    print_json(result) if as_json else typer.echo(sentence)
