"""Appends lines of JSON to files beside the model store, which are never changed: histories of decisions."""

import json
from collections.abc import Mapping
from typing import Any

from filelock import FileLock

from diamonds.versions.bentoml_store import root


def append(name: str, fields: Mapping[str, Any]) -> None:
    """Appends a line to the history of that name; others may append at the same time."""
    path = root().parent / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"), path.open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(dict(fields))}\n")


def newest_first(name: str) -> list[dict[str, Any]]:
    """The lines of the history of that name, none where there is no file."""
    path = root().parent / name
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in reversed(lines) if line.strip()]
