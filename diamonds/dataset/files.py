"""Which files of a folder are read as data."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from diamonds.dataset.errors import DataError

SUFFIXES = (
    *(".csv", ".tsv", ".tab", ".txt", ".parquet", ".pq", ".feather", ".arrow", ".json", ".jsonl", ".ndjson"),
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".dta", ".sav", ".zsav", ".por"),
    *(".sqlite", ".sqlite3", ".db", ".zip", ".tar", ".tgz"),
)
"""Suffixes of the files of a folder that are read; each may be followed by ``.gz``, ``.bz2`` or ``.xz``."""
COMPRESSED = (".gz", ".bz2", ".xz")
_UNFINISHED = {"_temporary", "_spark_metadata"}
"""Folders of what a job has not committed."""


def has_table_suffix(name: str) -> bool:
    """Whether a file of a folder or an archive is read."""
    bare = name.lower()
    for suffix in COMPRESSED:
        bare = bare.removesuffix(suffix)
    return bare.endswith(SUFFIXES)


def files_at(path: Path) -> list[Path]:
    """The file, or the files of a folder that are read, in order; raises ``DataError`` if there is none."""
    return [path] if path.is_file() else [path / name for name in names_below(path)]


def names_below(folder: Path) -> list[PurePosixPath]:
    """The paths below a folder of the files that are read, in order; raises ``DataError`` without any."""
    if not folder.is_dir():
        raise DataError(f"There is no file or folder {folder}.")
    files = (PurePosixPath(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    return readable(files, str(folder))


def readable(names: Iterable[PurePosixPath], place: str) -> list[PurePosixPath]:
    """Those of the paths below ``place`` that are read, in order; raises ``DataError`` if there is none."""
    visible = sorted(name for name in names if has_table_suffix(name.name) and _is_visible(name))
    if any("_delta_log" in name.parts for name in visible):
        raise DataError(
            f"{place} is a Delta table, whose files have deleted rows as well; write it as plain Parquet."
        )
    if not visible:
        raise DataError(
            f"{place} has no file that ends in {', '.join(SUFFIXES)} (or these with {', '.join(COMPRESSED)})."
        )
    return visible


def _is_visible(path: PurePosixPath) -> bool:
    return not any(part.startswith(".") or part in _UNFINISHED for part in path.parts)
