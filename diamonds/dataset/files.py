"""Which files of a folder are read as data."""

from pathlib import Path

from diamonds.dataset.errors import DataError

SUFFIXES = (
    *(".csv", ".tsv", ".tab", ".txt", ".parquet", ".pq", ".feather", ".arrow", ".json", ".jsonl", ".ndjson"),
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".dta", ".sav", ".zsav", ".por"),
    *(".sqlite", ".sqlite3", ".db", ".zip", ".tar", ".tgz"),
)
"""Suffixes of the files of a folder that are read; each may be followed by ``.gz``, ``.bz2`` or ``.xz``."""
COMPRESSED = (".gz", ".bz2", ".xz")


def has_table_suffix(name: str) -> bool:
    """Whether a file of a folder or an archive is read."""
    bare = name.lower()
    for suffix in COMPRESSED:
        bare = bare.removesuffix(suffix)
    return bare.endswith(SUFFIXES)


def files_at(path: Path) -> list[Path]:
    """The file, or the files of a folder that are read, in order; raises ``DataError`` if there is none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"There is no file or folder {path}.")
    files = sorted(file for file in path.rglob("*") if file.is_file() and has_table_suffix(file.name))
    visible = [
        file for file in files if not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not visible:
        raise DataError(
            f"{path} has no file that ends in {', '.join(SUFFIXES)} (or these with {', '.join(COMPRESSED)})."
        )
    return visible
