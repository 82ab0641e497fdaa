"""Saves a cleaned dataset to a folder and loads it again, so that any model can be trained on it later."""

from pathlib import Path

from diamonds.dataset.dataset import Dataset
from diamonds.dataset.report import DataReport

_SIDES = ("training", "hold_out")
_REPORT = "report.json"


def save_to(folder: Path, dataset: Dataset) -> None:
    """Writes both sides of the split as Parquet, and the report as JSON."""
    for side in _SIDES:
        getattr(dataset, side).to_parquet(folder / f"{side}.parquet")
    (folder / _REPORT).write_text(dataset.report.model_dump_json(indent=2), encoding="utf-8")


def load_from(folder: Path) -> Dataset:
    """The dataset that was saved to ``folder``: the same rows in the same order."""
    report = report_in(folder)
    import pandas as pd

    training, hold_out = (pd.read_parquet(folder / f"{side}.parquet") for side in _SIDES)
    return Dataset(training, hold_out, report.fingerprint, report)


def report_in(folder: Path) -> DataReport:
    """The report of the dataset in ``folder``, without its stones."""
    return DataReport.model_validate_json((folder / _REPORT).read_text(encoding="utf-8"))
