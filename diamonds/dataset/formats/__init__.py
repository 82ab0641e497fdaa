"""Reads a file of any known format as tables; the format is detected by its content."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from diamonds.dataset.errors import DataError
from diamonds.dataset.files import has_table_suffix
from diamonds.dataset.formats.archive import members, unpacked
from diamonds.dataset.formats.arrow import arrow_table, parquet_table
from diamonds.dataset.formats.compression import opened
from diamonds.dataset.formats.json_text import json_table
from diamonds.dataset.formats.options import Options
from diamonds.dataset.formats.partitions import partition_of, with_partition
from diamonds.dataset.formats.signatures import format_of, refusal
from diamonds.dataset.formats.sql import database_file_table
from diamonds.dataset.formats.stata_spss import spss_table, stata_table
from diamonds.dataset.formats.text import text_table
from diamonds.dataset.formats.workbook import is_workbook, workbook_table
from diamonds.dataset.table import Table

_START_BYTES = 512
_DEEPEST = 3

_READERS: dict[str, Callable[[Path, str, Options], Table]] = {
    "parquet": parquet_table,
    "arrow": arrow_table,
    "workbook": workbook_table,
    "sqlite": database_file_table,
    "stata": stata_table,
    "spss": spss_table,
    "json": json_table,
    "text": text_table,
}


def file_tables(path: Path, place: str, options: Options, folder: Path, depth: int = 0) -> Iterator[Table]:
    """The tables of a file, those of an archive one after the other; ``folder`` is for what is unpacked.

    Raises ``DataError`` when the file is damaged, has no table, or is of a format that is not read.
    """
    start = _start(path)
    if not start:
        raise DataError(f"{place} is empty.")
    kind = format_of(start)
    if kind == "zip" and is_workbook(path, place):
        kind = "workbook"
    if kind in _READERS:
        if advice := refusal(start):
            raise DataError(f"{place} is {advice}.")
        yield _READERS[kind](path, place, options)
    elif depth == _DEEPEST:
        raise DataError(f"{place} is an archive in an archive in an archive; unpack it.")
    elif kind in ("zip", "tar"):
        yield from _of_archive(path, place, options, folder, depth)
    else:
        yield from _of_compressed(path, place, options, folder, depth, kind)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_START_BYTES)


def _of_compressed(
    path: Path, place: str, options: Options, folder: Path, depth: int, kind: str
) -> Iterator[Table]:
    """What a compressed file has in it; text is read without unpacking it first."""
    with opened(path) as file:
        start = file.read(_START_BYTES)
    if kind == "gzip" and format_of(start) == "text" and not refusal(start):
        yield text_table(path, place, options)
    else:
        yield from file_tables(unpacked(path, place, folder), place, options, folder, depth + 1)


def _of_archive(path: Path, place: str, options: Options, folder: Path, depth: int) -> Iterator[Table]:
    """The tables with stones of all files of an archive; notes name the files without any."""
    found = 0
    problems: list[str] = []
    for name, member in members(path, place, folder, has_table_suffix, options.part):
        inner = Options(options.columns, None, options.wanted)
        try:
            partition = partition_of(PurePosixPath(name))
            for each in file_tables(member, f"{place}/{name}", inner, folder, depth + 1):
                table = with_partition(each, partition)
                if options.wanted(table.columns) or options.part:
                    found += 1
                    yield _with_notes(table, problems)
                    problems = []
                else:
                    problems.append(
                        f"{name} has no stones, only the columns {', '.join(table.columns[:20])}."
                    )
        except DataError as error:
            problems.append(str(error))
    if not found:
        raise DataError(f"{place} has no file with stones in it: {' '.join(problems) or 'it is empty.'}")


def _with_notes(table: Table, problems: list[str]) -> Table:
    notes = (*(f"Not read: {problem}" for problem in problems), *table.notes)
    return Table(table.place, table.columns, table.batches, table.sample, notes)
