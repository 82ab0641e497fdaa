"""Finds the tables of a source: a file, a folder, a URL, or a table or query of a SQL database."""

import csv
import lzma
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import fsspec
import polars as pl
import pyarrow as pa

from diamonds.dataset.errors import DataError
from diamonds.dataset.files import SUFFIXES, files_at, has_table_suffix
from diamonds.dataset.formats import file_tables
from diamonds.dataset.formats.options import Options
from diamonds.dataset.formats.sql import sql_table, without_password
from diamonds.dataset.table import Batch, Table

_UNREADABLE = (
    OSError, EOFError, zlib.error, lzma.LZMAError, UnicodeError, csv.Error, pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # Rust's own way to fail, which polars lets through on damaged Parquet
)  # fmt: skip


@contextmanager
def tables_of(source: str | Path, options: Options | None = None) -> Iterator[Iterator[Table]]:
    """The tables of ``source`` one after the other; they can be read while the context is open.

    ``source`` is a path, perhaps with ``#sheet`` after it, a URL that fsspec opens, or a SQLAlchemy URL with
    ``#table`` or ``#select ...``. Raises ``DataError``, also later while batches are read, with what cannot
    be read and why.
    """
    text, options = str(source), options or Options()
    if _is_url(text) and not _is_file_url(text):
        yield iter([sql_table(text)])
        return
    with tempfile.TemporaryDirectory() as folder:
        if _is_url(text):
            yield _downloaded(text, Path(folder), options)
        else:
            path, part = _with_part(text)
            yield _of_files(files_at(path), replace(options, part=part), Path(folder))


@contextmanager
def tables_of_content(name: str, content: bytes, options: Options | None = None) -> Iterator[Iterator[Table]]:
    """The tables of an uploaded file; ``name`` is what errors call it, and may end in ``#sheet``."""
    options = options or Options()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content"
        path.write_bytes(content)
        bare, mark, part = name.rpartition("#")
        if mark and has_table_suffix(bare):
            name, options = bare, replace(options, part=part)
        yield _tables_in(path, name, options, Path(folder))


def _with_part(text: str) -> tuple[Path, str | None]:
    """The path, and the sheet, table or file in it that is named after a ``#``."""
    path, mark, part = text.rpartition("#")
    if Path(text).exists() or not mark or not Path(path).is_file():
        return Path(text), None
    return Path(path), part


def _of_files(paths: list[Path], options: Options, folder: Path) -> Iterator[Table]:
    for path in paths:
        yield from _tables_in(path, str(path), options, folder)


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
    with damage_as_data_error(table.place):
        yield from table.batches(names)


def _is_url(text: str) -> bool:
    return "://" in text


def _is_file_url(text: str) -> bool:
    return text.split("://")[0] in fsspec.available_protocols()


def _tables_in(path: Path, place: str, options: Options, folder: Path) -> Iterator[Table]:
    with damage_as_data_error(place):
        yield from file_tables(path, place, options, folder)


def _downloaded(url: str, folder: Path, options: Options) -> Iterator[Table]:
    with _remote_as_data_error(url):
        files, root = fsspec.core.url_to_fs(url)
        names = sorted(filter(has_table_suffix, files.find(root))) if _is_folder(files, root) else [root]
    if not names:
        raise DataError(f"{without_secrets(url)} has no file that ends in {', '.join(SUFFIXES)}.")
    for number, name in enumerate(names):
        path = folder / str(number)
        with _remote_as_data_error(name):
            files.get_file(name, str(path))
        yield from _tables_in(path, without_secrets(name), options, folder)
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
def damage_as_data_error(place: str) -> Iterator[None]:
    """Turns what readers raise on damaged files into ``DataError``."""
    try:
        yield
    except DataError:
        raise
    except _UNREADABLE as error:
        raise DataError(f"Could not read {place}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
