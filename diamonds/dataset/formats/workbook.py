"""Reads Excel and OpenDocument workbooks: the sheet that has stones, below whatever titles it begins with."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import fastexcel

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.header import find_header
from diamonds.dataset.formats.options import Options, chosen
from diamonds.dataset.table import Table, rows_table

_MARKS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
_REFUSED = {
    "word/document.xml": "a text document; copy its table to a spreadsheet and save it as .xlsx",
    "ppt/presentation.xml": "a presentation; copy its table to a spreadsheet and save it as .xlsx",
    "Index/Document.iwa": "a Numbers document; export it there as CSV or Excel",
}
_LARGEST_RATIO, _FREE_BYTES = 40, 64 << 20
"""Maximum ratio of unpacked to packed size above so many bytes: a workbook is read into memory as a whole."""


def is_workbook(path: Path, place: str) -> bool:
    """Whether a ZIP archive is a workbook; raises ``DataError`` when it is another kind of document."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            unpacked = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise DataError(f"Could not read {place}: it is a damaged ZIP archive or Excel workbook.") from error
    for name, advice in _REFUSED.items():
        if name in names:
            raise DataError(f"{place} is {advice}.")
    if not names & _MARKS:
        return False
    if unpacked > max(_FREE_BYTES, _LARGEST_RATIO * path.stat().st_size):
        raise DataError(f"{place} is a workbook that unpacks to {unpacked >> 20:,} MB; save it as CSV.")
    return True


def workbook_table(path: Path, place: str, options: Options) -> Table:
    """The sheet of a workbook that has stones, or the one named ``options.part``."""
    try:
        workbook = fastexcel.read_excel(path.read_bytes())
        sheets = {name: _rows(workbook, name) for name in workbook.sheet_names}
    except (fastexcel.FastExcelError, ValueError, RuntimeError) as error:
        raise DataError(
            f"Could not read {place} as a workbook: {_first_line(error)} If it opens in a spreadsheet "
            f"(perhaps with a password), save it there as .xlsx without one."
        ) from error
    tables: dict[str, Table] = {}
    problems: list[DataError] = []
    for name, rows in sheets.items():
        try:
            tables[name] = _sheet_table(rows, place if len(sheets) == 1 else f"{place}#{name}", options)
        except DataError as error:
            problems.append(error)
    if not tables and problems:
        raise problems[0]
    return chosen(tables, place, "sheet", options)


def _rows(workbook: fastexcel.ExcelReader, name: str) -> list[tuple[str | None, ...]]:
    """All cells of a sheet as text: a column may hold numbers in one row and text in another."""
    return workbook.load_sheet(name, header_row=None, dtypes="string").to_polars().rows()


def _sheet_table(rows: Sequence[Sequence[str | None]], place: str, options: Options) -> Table:
    texts = [[cell or "" for cell in row] for row in rows[:100]]
    header = find_header(texts, place, options.columns)
    filled = [row for row in rows[header.first_row :] if any(cell and cell.strip() for cell in row)]
    return rows_table(place, header.names, filled)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".") + "."
