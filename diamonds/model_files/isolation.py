"""Examines a file of a version in a process of its own, which a bad one may exhaust or crash.

``python -m diamonds.model_files.isolation FILE FOLDER`` unpacks into the folder, which then can be put
into a model store, and writes what it found to ``FOLDER.json``.
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


def examine(file: Path, folder: Path) -> list[str]:
    """What was checked, in sentences; raises ``BadVersionFile``."""
    command = [sys.executable, "-m", __name__, str(file), str(folder)]
    try:
        ended = subprocess.run(command, timeout=_SECONDS, capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired as error:
        raise BadVersionFile(f"It could not be loaded within {_SECONDS} seconds.") from error
    findings = folder.with_suffix(".json")
    if ended.returncode:
        raise BadVersionFile(f"It could not be loaded: {_cause(ended, folder)}")
    found = json.loads(findings.read_text())
    if "refusal" in found:
        raise BadVersionFile(found["refusal"])
    checks: list[str] = found["checks"]
    return checks


def _cause(ended: subprocess.CompletedProcess[str], folder: Path) -> str:
    if ended.returncode < 0:
        return f"the process that tried was ended by {Signals(-ended.returncode).name}."
    (*_, last) = ["no reason is known.", *ended.stderr.strip().splitlines()]
    return last.replace(f"{folder}/", "")[:500]


def _examined(file: Path, folder: Path) -> list[str]:
    from diamonds.model_files.archive import unpack

    folder.mkdir()
    unpack(file.read_bytes(), folder)
    # What follows takes seconds to import.
    from diamonds.model_files.metadata import description_in
    from diamonds.model_files.verification import check_files, check_quotes

    described = description_in(folder)
    version = described.in_folder(folder)
    files = check_files(version)
    stones = check_quotes(version)
    described.write(folder)
    return [
        f"{files} files are what was saved, by their SHA-256.",
        f"It quotes {stones:,} stones of its hold-out as when it was judged; its labels agree with them.",
    ]


def main() -> None:
    """Examines the file that the command line names."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS * 2, _SECONDS * 2))
    file, folder = map(Path, sys.argv[1:])
    try:
        found: dict[str, object] = {"checks": _examined(file, folder)}
    except BadVersionFile as error:
        found = {"refusal": str(error)}
    folder.with_suffix(".json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
