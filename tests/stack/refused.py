"""Starts a ``diamonds run`` that refuses its environment."""

import os
import subprocess
import sys
from collections.abc import Mapping

from tests.cli.running import free_ports


def refused_run(environment: Mapping[str, str]) -> list[str]:
    """The lines on stderr of a ``diamonds run`` that ends at once with exit code 1."""
    ports = {f"DIAMONDS_{name.upper()}": str(port) for name, port in free_ports().items()}
    run = subprocess.run(
        [sys.executable, "-m", "diamonds", "run"],
        env={**os.environ, **ports, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 1
    return run.stderr.splitlines()
