"""Verifies a version file in a subprocess with limits on time and memory, which a bad file may crash.

``python -m diamonds.model_files.isolation FILE FOLDER`` unpacks the file to the folder, which then can be
added to a model store, and writes the result to ``FOLDER.json``.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from signal import Signals

from diamonds.model_files.errors import BadVersionFile

_SECONDS = 25
_MEMORY_BYTES = 8 * 1024**3


def verify_isolated(file: Path, folder: Path) -> list[str]:
    """The checks that the file passed, as sentences; raises ``BadVersionFile``."""
    command = [sys.executable, "-m", __name__, str(file), str(folder)]
    try:
        ended = subprocess.run(command, timeout=_SECONDS, capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired as error:
        raise BadVersionFile(f"It could not be loaded within {_SECONDS} seconds.") from error
    if ended.returncode:
        raise BadVersionFile(f"It could not be loaded: {_cause(ended, folder)}")
    result = json.loads(folder.with_suffix(".json").read_text())
    if "error" in result:
        raise BadVersionFile(result["error"])
    checks: list[str] = result["checks"]
    return checks


def _cause(ended: subprocess.CompletedProcess[str], folder: Path) -> str:
    if ended.returncode < 0:
        return f"the process that tried was ended by {Signals(-ended.returncode).name}."
    (*_, last) = ["no reason is known.", *ended.stderr.strip().splitlines()]
    return last.replace(f"{folder}/", "")[:500]


def _verify(file: Path, folder: Path) -> list[str]:
    from diamonds.model_files.archive import unpack

    folder.mkdir()
    unpack(file.read_bytes(), folder)
    # These take seconds to import, which the file of no archive is not worth.
    from diamonds.model_files.metadata import read_metadata
    from diamonds.model_files.verification import check_files, check_quotes

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
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS * 2, _SECONDS * 2))
    file, folder = map(Path, sys.argv[1:])
    try:
        result: dict[str, object] = {"checks": _verify(file, folder)}
    except BadVersionFile as error:
        result = {"error": str(error)}
    folder.with_suffix(".json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
