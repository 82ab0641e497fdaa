"""Reads data files of Stata and SPSS, with the labels of their values in place of the codes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.options import Options
from diamonds.dataset.table import Table, frame_table

_DIGITS_OF_FLOAT32 = 7


def stata_table(path: Path, place: str, _: Options) -> Table:
    """The table in a ``.dta`` file of any version."""
    return _table(pyreadstat.read_dta, path, place, "Stata")


def spss_table(path: Path, place: str, _: Options) -> Table:
    """The table in a ``.sav`` or ``.zsav`` file."""
    return _table(pyreadstat.read_sav, path, place, "SPSS")


def _table(read: Callable[..., Any], path: Path, place: str, program: str) -> Table:
    try:
        frame, details = read(
            str(path), apply_value_formats=True, formats_as_category=False, output_format="polars"
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise DataError(f"Could not read {place} as a file of {program}: {error}") from error
    single = [name for name, kind in details.readstat_variable_types.items() if kind == "float"]
    rounded = [
        pl.col(name).round_sig_figs(_DIGITS_OF_FLOAT32)  # 5.7 must stay the 5.7 it was before it had 32 bits
        for name in single
        if frame[name].dtype == pl.Float64
    ]
    return frame_table(place, frame.columns, frame.with_columns(rounded))
