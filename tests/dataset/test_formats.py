"""Files of every format are read; those that are not say in one sentence what they are and how to export."""

import io
import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import DataError, Dataset, load_dataset
from diamonds.settings import PROJECT

CELL = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'


def _ods(stones: pd.DataFrame) -> bytes:
    """A workbook of OpenDocument as an office writes it, with every cell as text."""
    lines = [list(stones.columns), *stones.astype(str).replace("nan", "").to_numpy().tolist()]
    rows = "".join(f"<table:table-row>{''.join(map(CELL.format, line))}</table:table-row>" for line in lines)
    content = f"""<?xml version="1.0" encoding="UTF-8"?><office:document-content
        xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
        xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
        xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
        <table:table table:name="Stock">{rows}</table:table></office:spreadsheet></office:body>
        </office:document-content>"""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f"""<?xml version="1.0" encoding="UTF-8"?>
        <manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
        <manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>"""
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as zipped:
        zipped.writestr("mimetype", kind)
        zipped.writestr("META-INF/manifest.xml", manifest)
        zipped.writestr("content.xml", content)
    return document.getvalue()


def test_a_workbook_of_an_office_is_read(stones: pd.DataFrame, expected: Dataset, tmp_path: Path) -> None:
    (tmp_path / "stones.ods").write_bytes(_ods(stones))
    assert load_dataset(tmp_path / "stones.ods").fingerprint == expected.fingerprint


def test_a_workbook_of_before_2007_is_read() -> None:
    dataset = load_dataset(Path(__file__).parent / "stones.xls")
    assert dataset.report.kept == 126
    assert dataset.report.tables[0].notes == ("Read from the sheet 'Stock', not from 'About'.",)


@pytest.fixture
def two_sheets(stones: pd.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "stones.xlsx"
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        stones.to_excel(writer, sheet_name="Antwerp", index=False)
        stones[:200].to_excel(writer, sheet_name="Dubai", index=False)
    return path


def test_of_several_sheets_with_stones_one_is_named(two_sheets: Path, expected: Dataset) -> None:
    with pytest.raises(DataError, match="stones in the sheets 'Antwerp', 'Dubai'; name one of them"):
        load_dataset(two_sheets)
    assert load_dataset(f"{two_sheets}#Antwerp").fingerprint == expected.fingerprint
    with pytest.raises(DataError, match="has no sheet 'Paris'; it has 'Antwerp', 'Dubai'"):
        load_dataset(f"{two_sheets}#Paris")


def test_of_several_tables_of_a_database_file_one_is_named(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "stones.db"
    with sqlite3.connect(path) as database:
        stones.to_sql("sold", database, index=False)
        stones.to_sql("on offer", database, index=False)
    database.close()
    with pytest.raises(DataError, match="stones in the tables 'on offer', 'sold'; name one of them"):
        load_dataset(path)
    assert load_dataset(f"{path}#on offer").fingerprint == expected.fingerprint


def test_all_files_with_stones_of_an_archive_are_read_and_the_others_named(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "stones.zip", "w") as zipped:
        zipped.writestr("customers.csv", "name,city\nSmith,Antwerp\n")
        zipped.writestr("a/january.csv", stones[:100].to_csv(index=False))
        zipped.writestr("a/february.jsonl", stones[100:].to_json(orient="records", lines=True))
    report = load_dataset(tmp_path / "stones.zip").report
    assert report.fingerprint == expected.fingerprint
    assert report.tables[0].notes[0].startswith("Not read: customers.csv has no stones")
    with pytest.raises(DataError, match=r"has no file march\.csv; it has"):
        load_dataset(f"{tmp_path}/stones.zip#march.csv")


def _zipped(content: bytes, name: str = "stones.csv") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(name, content)
    return packed.getvalue()


def test_what_unpacks_to_far_more_than_it_is_stops_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "bomb.zip").write_bytes(_zipped(b"0" * (70 << 20)))
    with pytest.raises(DataError, match=r"bomb\.zip would unpack to more than"):
        load_dataset(tmp_path / "bomb.zip")


def test_archives_in_archives_are_opened_only_so_far(stones: pd.DataFrame, tmp_path: Path) -> None:
    content = _zipped(stones.to_csv(index=False).encode())
    (tmp_path / "two.zip").write_bytes(_zipped(content, "inner.zip"))
    assert load_dataset(tmp_path / "two.zip").report.kept == 300
    for _ in range(4):
        content = _zipped(content, "inner.zip")
    (tmp_path / "many.zip").write_bytes(content)
    with pytest.raises(DataError, match="an archive in an archive"):
        load_dataset(tmp_path / "many.zip")


def test_an_archive_that_names_files_outside_itself_writes_none(stones: pd.DataFrame, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "stones.tar", "w") as tar:
        content = stones.to_csv(index=False).encode()
        info = tarfile.TarInfo("../../escaped.csv")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    with pytest.raises(DataError, match="has no file of a known format"):
        load_dataset(tmp_path / "stones.tar")
    assert not (tmp_path.parent.parent / "escaped.csv").exists()


REFUSED: dict[str, tuple[bytes, str]] = {
    "pdf": (b"%PDF-1.7\n", "a PDF document"),
    "rds": (b"X\n\0\0\0\3", "write it in R with write.csv"),
    "rdata": (b"RDX3\nX\n", "write it in R with write.csv"),
    "pickle": (b"\x80\x04\x95stones", "to_parquet"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "unpack it"),
    "html": (b"\n<html><table><tr><td>carat", "HTML or XML, whatever its name"),
    "image": (b"\x89PNG\r\n\x1a\n", "an image"),
    "json of nothing": (b'{"a": 1, "b": "c"}', "without a list of records"),
    "json cut short": (b'[{"carat": 1}, {"carat"', "is not valid JSON"),
    "zip cut short": (_zipped(b"carat,cut\n" * 99)[:-30], "damaged ZIP archive"),
    "sqlite of nothing": (b"SQLite format 3\0" + bytes(200), "Could not read"),
    "stata cut short": (b"<stata_dta><header><release>118</release>", "as a file of Stata"),
    "spss cut short": (b"$FL2@(#) SPSS DATA FILE", "as a file of SPSS"),
    "old workbook cut short": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "as a workbook"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_read_says_what_it_is(kind: str, tmp_path: Path) -> None:
    content, message = REFUSED[kind]
    (tmp_path / "stones.csv").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(tmp_path / "stones.csv")
    assert "stones.csv" in str(caught.value)


WRAPPED: dict[str, Callable[[list[dict[str, object]]], object]] = {
    "an array": lambda records: records,
    "an envelope": lambda records: {"total": len(records), "facets": [{"a": 1}], "stones": records},
    "by key": lambda records: {f"X{number}": record for number, record in enumerate(records)},
    "nested": lambda records: [
        {
            "grading": {name: record[name] for name in ("carat", "cut", "color", "clarity")},
            "size": {name: record[name] for name in ("x", "y", "z")},
            "percent": {name: record[name] for name in ("depth", "table")},
            "price": {"amount": record["price"], "currency": "USD"},
        }
        for record in records
    ],
    "nodes": lambda records: {"data": {"edges": [{"node": record} for record in records]}},
    "lists by column": lambda records: {name: [record[name] for record in records] for name in records[0]},
    "dimensions in a list": lambda records: [
        {
            **{name: cell for name, cell in record.items() if name not in "xyz"},
            "measurements": [record[n] for n in "xyz"],
        }
        for record in records
    ],
}


@pytest.mark.parametrize("way", WRAPPED)
def test_json_is_read_however_it_is_wrapped(way: str, stones: pd.DataFrame, tmp_path: Path) -> None:
    known = stones.dropna()
    (tmp_path / "plain.csv").write_text(known.to_csv(index=False))
    document = WRAPPED[way](json.loads(known.to_json(orient="records")))
    (tmp_path / "stones.json").write_text(json.dumps(document))
    dataset = load_dataset(tmp_path / "stones.json")
    assert dataset.fingerprint == load_dataset(tmp_path / "plain.csv").fingerprint


def test_every_suffix_is_in_the_documentation() -> None:
    page = (PROJECT / "docs" / "data.md").read_text()
    for word in (
        "JSON",
        "Excel",
        "OpenDocument",
        "Stata",
        "SPSS",
        "SQLite",
        "ZIP",
        "tar",
        "fixed width",
        "Feather",
    ):
        assert word in page
