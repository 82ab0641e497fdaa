"""Datasets of sold stones: reading, cleaning, fingerprints, and splits."""

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
