"""Finds the tables of a source: a file, a folder, a URL, or a table or query of a SQL database."""

import csv
import lzma
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

import fsspec
import polars as pl
import pyarrow as pa

from diamonds.dataset.errors import DataError
from diamonds.dataset.files import has_table_suffix, names_below, readable
from diamonds.dataset.formats import file_tables
from diamonds.dataset.formats.options import Options
from diamonds.dataset.formats.partitions import groups_of, joined, partition_of, with_partition
from diamonds.dataset.formats.sql import sql_table
from diamonds.dataset.source_url import is_file_url, is_url, without_secrets
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
    if not text.strip():
        raise DataError(f"Got {text!r}; expected a file, folder, URL or database.")
    if is_url(text) and not is_file_url(text):
        yield iter([sql_table(text)])
        return
    with tempfile.TemporaryDirectory() as folder:
        if is_url(text):
            yield _downloaded(text, Path(folder), options)
        else:
            path, part = _with_part(text)
            yield _of_path(path, replace(options, part=part), Path(folder))


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


def _of_path(path: Path, options: Options, folder: Path) -> Iterator[Table]:
    if path.is_file():
        yield from _tables_in(path, str(path), options, folder)
        return
    for group in groups_of(names_below(path)):
        yield from _of_group(path, group, str(path), options, folder)


def _of_group(
    root: Path, group: list[PurePosixPath], place: str, options: Options, folder: Path
) -> Iterator[Table]:
    """The tables of files below ``root``, which is called ``place``; of files that are parts of one, that."""
    tables = (
        with_partition(table, partition_of(name))
        for name in group
        for table in _tables_in(root / name, f"{place}/{name}", options, folder)
    )
    yield from tables if len(group) == 1 else joined(list(tables), place, batches_of)


def batches_of(table: Table, names: Sequence[str]) -> Iterator[Batch]:
    """The batches of a table; raises ``DataError`` when the table is damaged."""
    with damage_as_data_error(table.place):
        yield from table.batches(names)


def _tables_in(path: Path, place: str, options: Options, folder: Path) -> Iterator[Table]:
    with damage_as_data_error(place):
        yield from file_tables(path, place, options, folder)


def _downloaded(url: str, folder: Path, options: Options) -> Iterator[Table]:
    with _remote_as_data_error(url):
        files, root = fsspec.core.url_to_fs(url)
        is_folder = _is_folder(files, root)
    if is_folder:
        yield from _of_remote_folder(files, root, without_secrets(url).rstrip("/"), options, folder)
    else:
        path = _download(files, root, folder / "0")
        yield from _tables_in(path, without_secrets(root), options, folder)


def _of_remote_folder(
    files: fsspec.AbstractFileSystem, root: str, place: str, options: Options, folder: Path
) -> Iterator[Table]:
    """Its tables; only the files that are parts of one are on disk at once."""
    with _remote_as_data_error(root):
        names = [PurePosixPath(name).relative_to(root) for name in files.find(root)]
    for group in groups_of(readable(names, place)):
        paths = [_download(files, f"{root}/{name}", folder / "remote" / name) for name in group]
        yield from _of_group(folder / "remote", group, place, options, folder)
        for path in paths:
            path.unlink()


def _download(files: fsspec.AbstractFileSystem, name: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _remote_as_data_error(name):
        files.get_file(name, str(path))
    return path


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
