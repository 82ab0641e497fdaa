"""Detects the format of a file by its first bytes, and says how to export from those that are not read."""

_FORMATS: dict[bytes, str] = {
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "workbook",
    b"SQLite format 3\0": "sqlite",
    b"<stata_dta>": "stata",
    b"$FL2": "spss",
    b"$FL3": "spss",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x1f\x8b": "gzip",
}

REFUSED: dict[bytes, str] = {
    b"%PDF": "a PDF document; ask its sender for the list as CSV or as a workbook",
    b"{\\rtf": "a text document; copy its table to a spreadsheet and save it as CSV",
    b"\x89HDF": "an HDF5 file; write it with pandas as stones.to_parquet('stones.parquet')",
    b"\x80\x02": "a Python pickle, which is never opened; write it as stones.to_parquet('stones.parquet')",
    b"\x80\x03": "a Python pickle, which is never opened; write it as stones.to_parquet('stones.parquet')",
    b"\x80\x04": "a Python pickle, which is never opened; write it as stones.to_parquet('stones.parquet')",
    b"\x80\x05": "a Python pickle, which is never opened; write it as stones.to_parquet('stones.parquet')",
    b"\x93NUMPY": "a NumPy array without names of columns; write it as CSV with a header",
    b"RDX": "an R workspace; write it in R with write.csv(stones, 'stones.csv', row.names = FALSE)",
    b"RDA": "an R workspace; write it in R with write.csv(stones, 'stones.csv', row.names = FALSE)",
    b"X\n\0\0\0": "an R object; write it in R with write.csv(readRDS(...), 'stones.csv', row.names = FALSE)",
    b"A\n3\n": "an R object; write it in R with write.csv(readRDS(...), 'stones.csv', row.names = FALSE)",
    b"7z\xbc\xaf": "a 7z archive; unpack it, or pack it again as ZIP",
    b"Rar!": "a RAR archive; unpack it, or pack it again as ZIP",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard; unpack it, or compress it with gzip",
    b"\x89PNG": "an image; ask its sender for the list as CSV or as a workbook",
    b"\xff\xd8\xff": "an image; ask its sender for the list as CSV or as a workbook",
    b"Obj\x01": "an Avro file; save it as Parquet or CSV",
    b"ORC": "an ORC file; save it as Parquet or CSV",
    b"\x00\x01\x00\x00Standard": "an Access database; export its table as CSV",
    b"MATLAB": "a MATLAB file; write it there with writetable(stones, 'stones.csv')",
    b"HEADER RECORD": "a SAS transport file; export it in SAS with proc export as CSV",
}

_MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<workbook")
_SAS = bytes.fromhex("000000000000000000000000c2ea8160")
_TAR_MARK = slice(257, 262)


def format_of(start: bytes) -> str:
    """The format of a file that begins so: one of those above, ``tar``, ``json`` or ``text``."""
    if start[_TAR_MARK] == b"ustar":
        return "tar"
    if _is_old_stata(start):
        return "stata"
    known = (name for mark, name in _FORMATS.items() if start.startswith(mark))
    return next(known, "json" if _is_json(start) else "text")


def refusal(start: bytes) -> str | None:
    """What a file is that begins so and is not read, and how to export from it; None for others."""
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith(_MARKUP):
        return "HTML or XML, whatever its name ends in; open it in a spreadsheet and save it as .xlsx or CSV"
    if start.startswith(_SAS):
        return "a SAS data set; export it in SAS with proc export as CSV"
    return next((advice for mark, advice in REFUSED.items() if start.startswith(mark)), None)


def _is_json(start: bytes) -> bool:
    return _as_ascii(start).lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"["))


def _as_ascii(start: bytes) -> bytes:
    """The first characters of UTF-16 as single bytes, others as they are."""
    return start[2:].replace(b"\0", b"") if start.startswith((b"\xff\xfe", b"\xfe\xff")) else start


def _is_old_stata(start: bytes) -> bool:
    """Stata before version 13: the release, the byte order, and two bytes that are always 1 and 0."""
    return len(start) > 4 and 102 <= start[0] <= 115 and start[1] in (1, 2) and start[2:4] == b"\x01\0"
