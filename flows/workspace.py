"""The folder in which runs execute: the project's where the worker is, wherever it was deployed from."""

import os

from diamonds.settings import PROJECT


def enter_project() -> dict[str, str]:
    """A pull step: the run executes in the project's folder on this machine, or in this image."""
    os.chdir(PROJECT)
    return {"directory": str(PROJECT)}
