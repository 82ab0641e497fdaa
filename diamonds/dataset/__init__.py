"""Datasets of sold stones: reading, cleaning, fingerprints, and splits.

Names are imported from their modules when they are asked for: quoting needs few of these, and no polars.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diamonds.dataset.columns import Recognised, recognise_columns
    from diamonds.dataset.dataset import Dataset, TooManySetAside, load_dataset
    from diamonds.dataset.errors import ColumnError, DataError
    from diamonds.dataset.interpretation import Interpretation
    from diamonds.dataset.mapping import ColumnMapping
    from diamonds.dataset.markdown import markdown_of
    from diamonds.dataset.plausibility import Implausible
    from diamonds.dataset.report import DataReport
    from diamonds.dataset.split import stone_hashes, without_calibration, without_report
    from diamonds.dataset.stones_file import StonesFile, TooManyRows, header_of, read_stones
    from diamonds.dataset.stored import load_from, report_in, save_to

__all__ = [
    "ColumnError",
    "ColumnMapping",
    "DataError",
    "DataReport",
    "Dataset",
    "Implausible",
    "Interpretation",
    "Recognised",
    "StonesFile",
    "TooManyRows",
    "TooManySetAside",
    "header_of",
    "load_dataset",
    "load_from",
    "markdown_of",
    "read_stones",
    "recognise_columns",
    "report_in",
    "save_to",
    "stone_hashes",
    "without_calibration",
    "without_report",
]

_NAMES = {
    "columns": ("Recognised", "recognise_columns"),
    "dataset": ("Dataset", "TooManySetAside", "load_dataset"),
    "errors": ("ColumnError", "DataError"),
    "interpretation": ("Interpretation",),
    "mapping": ("ColumnMapping",),
    "markdown": ("markdown_of",),
    "plausibility": ("Implausible",),
    "report": ("DataReport",),
    "split": ("stone_hashes", "without_calibration", "without_report"),
    "stones_file": ("StonesFile", "TooManyRows", "header_of", "read_stones"),
    "stored": ("load_from", "report_in", "save_to"),
}
"""What is in which module."""
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
