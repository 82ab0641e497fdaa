"""Lets ``python -m diamonds`` do what the ``diamonds`` command does."""

from diamonds.cli.app import app

app(prog_name="diamonds")
