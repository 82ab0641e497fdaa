"""Finds the tables of a source: a file, a folder, a URL, or a table or query of a SQL database."""

import csv
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import fsspec
import polars as pl
import pyarrow as pa

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats import SUFFIXES, file_table
from diamonds.dataset.sql import sql_table, without_password
from diamonds.dataset.table import Batch, Table

_UNREADABLE = (
    OSError, EOFError, zlib.error, UnicodeError, csv.Error, pa.ArrowException, pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # Rust's own way to fail, which polars lets through on damaged Parquet
)  # fmt: skip


@contextmanager
def tables_of(source: str | Path) -> Iterator[Iterator[Table]]:
    """The tables of ``source`` one after the other; they can be read while the context is open.

    ``source`` is a path, a URL that fsspec opens, or a SQLAlchemy URL with ``#table`` or ``#select ...``.
    Raises ``DataError``, also later while batches are read, with what cannot be read and why.
    """
    text = str(source)
    if not _is_url(text):
        yield map(_file, _files(Path(text)))
    elif _is_file_url(text):
        with tempfile.TemporaryDirectory() as folder:
            yield _downloaded(text, Path(folder))
    else:
        yield iter([sql_table(text)])


def without_secrets(source: str | Path) -> str:
    """The source as messages and reports may show it: without passwords, tokens and signatures."""
    text = str(source)
    if not _is_url(text):
        return text
    if not _is_file_url(text):
        return without_password(text)
    parts = urlsplit(text)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def batches_of(table: Table, names: list[str]) -> Iterator[Batch]:
    """The batches of a table; raises ``DataError`` when the table is damaged."""
    with _as_data_error(table.place):
        yield from table.batches(names)


def _is_url(text: str) -> bool:
    return "://" in text


def _is_file_url(text: str) -> bool:
    return text.split("://")[0] in fsspec.available_protocols()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"There is no file or folder {path}.")
    files = sorted(file for file in path.rglob("*") if file.is_file() and _has_table_suffix(file.name))
    visible = [
        file for file in files if not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not visible:
        raise DataError(f"{path} has no file that ends in {', '.join(SUFFIXES)} (or these with .gz).")
    return visible


def _has_table_suffix(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(SUFFIXES)


def _file(path: Path, place: str | None = None) -> Table:
    with _as_data_error(place or str(path)):
        return file_table(path, place or str(path))


def _downloaded(url: str, folder: Path) -> Iterator[Table]:
    with _remote_as_data_error(url):
        files, root = fsspec.core.url_to_fs(url)
        names = sorted(filter(_has_table_suffix, files.find(root))) if _is_folder(files, root) else [root]
    if not names:
        raise DataError(f"{without_secrets(url)} has no file that ends in {', '.join(SUFFIXES)}.")
    for number, name in enumerate(names):
        path = folder / str(number)
        with _remote_as_data_error(name):
            files.get_file(name, str(path))
        yield _file(path, without_secrets(name))
        path.unlink()


def _is_folder(files: fsspec.AbstractFileSystem, root: str) -> bool:
    # fsspec reports any page of links as a folder; over HTTP, a URL is that of one file.
    return "http" not in files.protocol and bool(files.isdir(root))


@contextmanager
def _remote_as_data_error(url: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # each of fsspec's protocols has errors of its own
        place = without_secrets(url)
        raise DataError(f"Could not read {place}: {_first_line(error).replace(url, place)}") from error


@contextmanager
def _as_data_error(place: str) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except _UNREADABLE as error:
        raise DataError(f"Could not read {place}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
