"""Verifies a version file in a subprocess that has no secrets and few rights, which a bad file may crash."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from signal import Signals

from diamonds.model_files.errors import BadVersionFile
from diamonds.settings import PROJECT

logger = logging.getLogger(__name__)

_SUBPROCESS = "diamonds.model_files.isolated"


def verify_isolated(file: Path, folder: Path, *, seconds: float) -> list[str]:
    """The checks that the file passed within so many seconds, as sentences; raises ``BadVersionFile``."""
    command = [sys.executable, "-P", "-m", _SUBPROCESS, str(file), str(folder)]
    environment, place = restricted_environment(folder.parent), folder.parent
    try:
        ended = subprocess.run(
            command, timeout=seconds, capture_output=True, text=True, check=False, env=environment, cwd=place
        )
    except subprocess.TimeoutExpired as error:
        raise BadVersionFile(f"It could not be loaded within {seconds:g} seconds.") from error
    if ended.returncode:
        raise BadVersionFile(f"It could not be loaded: {_cause(ended, folder)}")
    result = json.loads(folder.with_suffix(".json").read_text())
    if "error" in result:
        raise BadVersionFile(result["error"])
    if result["unlimited"]:
        logger.warning(
            "This system does not limit what a version file uses of: %s.", ", ".join(result["unlimited"])
        )
    checks: list[str] = result["checks"]
    return checks


def restricted_environment(place: Path) -> dict[str, str]:
    """All that the subprocess gets of our environment: where Python's modules are, and homes of its own."""
    homes = ("HOME", "TMPDIR", "BENTOML_HOME", "DIAMONDS_HOME")
    return {
        **dict.fromkeys(homes, str(place)),
        "PATH": os.defpath,
        "PYTHONPATH": modules_path(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BENTOML_DO_NOT_TRACK": "True",
        "OMP_NUM_THREADS": "1",
    }


def modules_path() -> str:
    """The ``PYTHONPATH`` with which a subprocess finds the modules of the project."""
    return os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)


def last_error(ended: subprocess.CompletedProcess[str]) -> str:
    """The last line that a subprocess wrote to stderr: of a traceback, its reason."""
    (*_, last) = ["no reason is known.", *ended.stderr.strip().splitlines()]
    return last


def _cause(ended: subprocess.CompletedProcess[str], folder: Path) -> str:
    if ended.returncode < 0:
        return f"the process that tried was ended by {Signals(-ended.returncode).name}."
    return last_error(ended).replace(f"{folder}/", "")[:500]
