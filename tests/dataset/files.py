"""Writes a table as a file in each of the formats that people attach."""

import bz2
import csv
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Literal

import pandas as pd
import polars as pl
import pyreadstat
import xlsxwriter  # type: ignore[import-untyped]

from tests.dataset.trade import Listing, as_json, as_records

File = tuple[str, bytes]
Quoting = Literal[0, 1]
Write = Callable[[Listing, Random], File]


def _texts(table: Listing) -> list[list[str]]:
    return [["" if cell is None or cell != cell else str(cell) for cell in row] for row in table.rows]


def _text(
    table: Listing, separator: str, chance: Random, *, quoting: Literal[0, 1] = csv.QUOTE_MINIMAL
) -> str:
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=separator, quoting=quoting, lineterminator=chance.choice(["\n", "\r\n"])
    )
    writer.writerows([table.header, *_texts(table)])
    return text.getvalue()


def _separator(table: Listing, chance: Random) -> str:
    return chance.choice([",", ";", "\t", "|"] if table.decimal == "." else [";", "\t", "|", ","])


def _encoded(text: str, chance: Random) -> bytes:
    encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode()


def delimited(table: Listing, chance: Random) -> File:
    """CSV with any separator, quoting and encoding, perhaps below a title."""
    text = _text(
        table, _separator(table, chance), chance, quoting=chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    )
    title = chance.choice(["", "", "", "Stock list of November\n\n", "\n", "Smith & Sons, Antwerp\n"])
    return "stones.csv", _encoded(title + text, chance)


def with_marks_at_line_ends(table: Listing, chance: Random) -> File:
    """CSV with a separator more in each row than in the header, or in some rows."""
    separator = _separator(table, chance)
    header, *lines = _text(table, separator, chance).splitlines()
    share = chance.choice([1.0, 1.0, 0.3])
    ended = [line + separator if chance.random() < share else line for line in lines]
    return "stones.csv", "\n".join([header, *ended, ""]).encode()


def quoted_lines(table: Listing, chance: Random) -> File:
    """A CSV that was saved as the only column of another."""
    text = io.StringIO()
    lines = _text(table, chance.choice([",", ";"]), chance).splitlines()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([line] for line in lines)
    return "stones.csv", text.getvalue().encode()


def with_row_names(table: Listing, chance: Random) -> File:
    """Text as R's ``write.table`` or ``write.csv`` has it."""
    separator, quoting = chance.choice([(" ", csv.QUOTE_NONNUMERIC), (",", csv.QUOTE_MINIMAL)])
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]
    named = [
        [str(number), *("NA" if cell == "" else cell for cell in row)]
        for number, row in enumerate(_texts(table), 1)
    ]
    writer.writerows([table.header if separator == " " else ["", *table.header], *named])
    return "stones.txt", text.getvalue().encode()


def fixed_width(table: Listing, chance: Random) -> File:
    """Text in columns of a fixed width, aligned to either side."""
    rows = [table.header, *[[cell or "-" for cell in row] for row in _texts(table)]]
    widths = [
        max(len(row[column]) for row in rows) + chance.choice([2, 3]) for column in range(len(table.header))
    ]
    align = chance.choice([str.ljust, str.rjust])
    lines = ["".join(align(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "stones.txt", "\n".join(lines).encode()


def json_array(table: Listing, chance: Random) -> File:
    """A JSON array of records, perhaps in an envelope."""
    records = as_json(as_records(table))
    document: Any = chance.choice(
        [
            records,
            {"total": len(records), "stones": records},
            {"status": "ok", "data": {"page": 1, "tags": ["a"], "items": records}},
            {"edges": [{"node": record} for record in records]},
            {str(number): record for number, record in enumerate(records)},
        ]
    )
    text = json.dumps(document, indent=chance.choice([None, 1]), ensure_ascii=chance.random() < 0.5)
    return "stones.json", text.encode()


def json_columns(table: Listing, chance: Random) -> File:
    """JSON as pandas writes it: by column, split, or as rows below a header."""
    frame = pd.DataFrame(_texts(table), columns=table.header)
    orient = chance.choice(["columns", "split", "index", "values"])
    if orient == "values":
        return "stones.json", json.dumps([table.header, *_texts(table)]).encode()
    return "stones.json", frame.to_json(orient=orient).encode()  # type: ignore[call-overload]


def json_lines(table: Listing, _: Random) -> File:
    """One record a line."""
    return "stones.jsonl", "\n".join(json.dumps(record) for record in as_json(as_records(table))).encode()


def _typed(table: Listing) -> pl.DataFrame:
    """Columns of numbers as numbers, others as text."""
    columns = {}
    for name, cells in zip(table.header, zip(*table.rows, strict=True), strict=True):
        numbers = all(isinstance(cell, int | float) for cell in cells)
        columns[name] = pl.Series(
            [*cells] if numbers else [None if cell == "" else str(cell) for cell in cells], strict=False
        )
    return pl.DataFrame(columns)


def parquet(table: Listing, chance: Random) -> File:
    """Parquet or Arrow."""
    content = io.BytesIO()
    if chance.random() < 0.7:
        _typed(table).write_parquet(content)
        return "stones.parquet", content.getvalue()
    _typed(table).write_ipc(content)
    return "stones.feather", content.getvalue()


def workbook(table: Listing, chance: Random) -> File:
    """A workbook with titles above the header, and perhaps sheets without stones."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        if chance.random() < 0.5:
            _write_sheet(book.add_worksheet("About"), [["Contact", "Telephone"], ["Smith", "032"]])
        start, stock = chance.choice([0, 0, 3]), book.add_worksheet("Stock")
        _write_sheet(stock, [table.header, *_typed(table).fill_nan(None).rows()], start)
        if start:
            stock.write(0, 0, "Stock list of November")
    return "stones.xlsx", content.getvalue()


def _write_sheet(sheet: Any, rows: Sequence[Sequence[Any]], start: int = 0) -> None:
    for number, row in enumerate(rows, start):
        sheet.write_row(number, 0, row)


def _in_folder(name: str, write: Callable[[Path], object]) -> File:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        return name, path.read_bytes()


def sqlite(table: Listing, _: Random) -> File:
    """A SQLite file with a second table."""

    def write(path: Path) -> None:
        with sqlite3.connect(path) as database:
            _typed(table).to_pandas().to_sql("sold stones", database, index=False)
            database.execute("create table customers (name text, city text)")
        database.close()

    return _in_folder("stones.db", write)


def statistics_program(table: Listing, chance: Random) -> File:
    """A file of Stata or SPSS, whose names of columns have no spaces and signs."""
    frame = _typed(table).to_pandas()
    frame.columns = pd.Index([_simple(name, position) for position, name in enumerate(table.header)])
    if chance.random() < 0.5:
        return _in_folder("stones.dta", lambda path: pyreadstat.write_dta(frame, str(path)))
    return _in_folder("stones.sav", lambda path: pyreadstat.write_sav(frame, str(path)))


def _simple(name: str, position: int) -> str:
    words = (
        name.replace("%", " pct").replace("$/ct", "price per carat").replace("/", " ").replace("(USD)", "usd")
    )
    return "_".join("".join(mark if mark.isalnum() else " " for mark in words).split()) or f"v{position}"


PLAIN: list[Write] = [
    *(delimited, delimited, delimited, with_marks_at_line_ends, quoted_lines, with_row_names, fixed_width),
    *(json_array, json_columns, json_lines, parquet, workbook, sqlite, statistics_program),
]


_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def packed(file: File, chance: Random) -> File:
    """The file in an archive or compressed."""
    name, content = file
    way = chance.choice(["gz", "bz2", "xz", "zip", "tar", "tgz"])
    if way in ("gz", "bz2", "xz"):
        return f"{name}.{way}", _COMPRESS[way](content)
    archive = io.BytesIO()
    if way == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
            zipped.writestr(name, content)
            zipped.writestr("__MACOSX/._" + name, b"\0\5\26\7")
            zipped.writestr("README.txt", "Stones of November\nfrom Antwerp\n")
        return "stones.zip", archive.getvalue()
    with tarfile.open(fileobj=archive, mode="w:gz" if way == "tgz" else "w") as tar:
        info = tarfile.TarInfo(f"november/{name}")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return f"stones.{'tgz' if way == 'tgz' else 'tar'}", archive.getvalue()


def file_of(table: Listing, chance: Random) -> File:
    """The table as a file of any format, perhaps packed."""
    file = chance.choice(PLAIN)(table, chance)
    return packed(file, chance) if chance.random() < 0.2 else file
