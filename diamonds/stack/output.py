"""Prints the lines of the parts with their time and name; goes on where nobody reads them any more."""

import os
import sys
import threading
from datetime import datetime

_WIDTH = 10
_one_line = threading.Lock()


def say(name: str, line: str) -> None:
    """Prints a line of a part."""
    show(f"{datetime.now().astimezone():%H:%M:%S} {name:<{_WIDTH}}| {line}")


def show(text: str) -> None:
    """Prints a text at once."""
    with _one_line:
        try:
            print(text, flush=True)  # noqa: T201
        except (BrokenPipeError, OSError):
            # The terminal is closed: whatever follows goes nowhere, rather than ending us half stopped.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
