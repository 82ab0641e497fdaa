"""What the subprocess of ``isolation`` does: verifies the version file on its command line.

``python -m diamonds.model_files.isolated FILE FOLDER`` unpacks the file to the folder, which then can be
added to a model store, and writes the result to ``FOLDER.json``. It imports nothing that the file of no
archive is not worth: not even the settings.
"""

import json
import sys
from pathlib import Path

from diamonds.model_files.archive import unpack
from diamonds.model_files.errors import BadVersionFile
from diamonds.model_files.sandbox import leave_network, limit_resources, refuse_side_effects


def _verify(file: Path, folder: Path) -> list[str]:
    folder.mkdir()
    unpack(file.read_bytes(), folder)
    # These take seconds to import, which the file of no archive is not worth.
    from diamonds.model_files.metadata import read_metadata
    from diamonds.model_files.verification import check_files, check_quotes
    from diamonds.pricing.lean_imports import import_libraries

    refuse_side_effects(folder.parent)
    metadata = read_metadata(folder)
    version = metadata.in_folder(folder)
    files = check_files(version)
    import_libraries(version)
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
