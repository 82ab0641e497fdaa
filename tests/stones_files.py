"""Writes stones to files as people upload them."""

import io

import polars as pl


def excel(stones: pl.DataFrame) -> bytes:
    """The stones as a workbook."""
    file = io.BytesIO()
    stones.write_excel(file)
    return file.getvalue()


def parquet(stones: pl.DataFrame) -> bytes:
    """The stones as a Parquet file."""
    file = io.BytesIO()
    stones.write_parquet(file)
    return file.getvalue()
