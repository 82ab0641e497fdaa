"""Runs the ``diamonds`` command as ``python -m diamonds``."""

from diamonds.cli.app import app

app(prog_name="diamonds")
