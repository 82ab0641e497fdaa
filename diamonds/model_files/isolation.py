"""Verifies a version file in a subprocess that has no secrets and few rights, which a bad file may crash.

``python -m diamonds.model_files.isolation FILE FOLDER`` unpacks the file to the folder, which then can be
added to a model store, and writes the result to ``FOLDER.json``.
"""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from signal import Signals

from diamonds.model_files.errors import BadVersionFile
from diamonds.model_files.sandbox import leave_network, limit_resources, refuse_side_effects
from diamonds.settings import PROJECT

logger = logging.getLogger(__name__)


def verify_isolated(file: Path, folder: Path, *, seconds: float) -> list[str]:
    """The checks that the file passed within so many seconds, as sentences; raises ``BadVersionFile``."""
    command = [sys.executable, "-P", "-m", __name__, str(file), str(folder)]
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


def _verify(file: Path, folder: Path) -> list[str]:
    from diamonds.model_files.archive import unpack

    folder.mkdir()
    unpack(file.read_bytes(), folder)
    # These take seconds to import, which the file of no archive is not worth.
    from diamonds.model_files.metadata import read_metadata
    from diamonds.model_files.verification import check_files, check_quotes

    refuse_side_effects(folder.parent)
    metadata = read_metadata(folder)
    version = metadata.in_folder(folder)
    files = check_files(version)
    stones = check_quotes(version)
    metadata.write(folder)
    return [
        f"{files} files are what was saved, by their SHA-256.",
        f"It quotes {stones:,} stones of its hold-out as when it was evaluated; its labels agree with them.",
    ]


def main() -> None:
    """Verifies the file on the command line."""
    unlimited = [*limit_resources(), *([] if leave_network() else ["the network"])]
    file, folder = map(Path, sys.argv[1:])
    try:
        result: dict[str, object] = {"checks": _verify(file, folder), "unlimited": unlimited}
    except BadVersionFile as error:
        result = {"error": str(error)}
    folder.with_suffix(".json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
