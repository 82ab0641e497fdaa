"""Prints JSON on a terminal, one document for a command."""

import json
import math
import sys
from datetime import date
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def print_json(content: object) -> None:
    """Prints the content as indented JSON; days become text, and numbers that JSON does not have null."""
    json.dump(_finite(content), sys.stdout, indent=2, default=_text)
    sys.stdout.write("\n")


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
