"""Sold stones: read, cleaned, identified by content, and split."""

from diamonds.dataset.clean import CleaningReport
from diamonds.dataset.dataset import Dataset, load_dataset
from diamonds.dataset.read import DataError
from diamonds.dataset.split import HOLD_OUT_SHARE, is_held_out

__all__ = ["HOLD_OUT_SHARE", "CleaningReport", "DataError", "Dataset", "is_held_out", "load_dataset"]
