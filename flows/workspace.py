"""The folder in which runs execute: that of the project where the worker is, so it needs none of the deployer's."""

import os

from diamonds.settings import PROJECT


def enter_project() -> dict[str, str]:
    """A pull step: the run executes in the project's folder on this machine, or in this image."""
    os.chdir(PROJECT)
    return {"directory": str(PROJECT)}
