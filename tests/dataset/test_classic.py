"""The classic data set is the one that plotnine ships, and loads as its README says."""

import pandas as pd
import plotnine.data
import pytest

from diamonds.dataset import Dataset
from diamonds.diamond import COLUMNS, MEASURES
from diamonds.grades import GRADES
from diamonds.settings import PROJECT, settings


def test_the_file_is_the_one_that_plotnine_ships() -> None:
    ours = pd.read_csv(PROJECT / "data" / "diamonds.csv", dtype=dict.fromkeys(GRADES, "category"))
    pd.testing.assert_frame_equal(ours, plotnine.data.diamonds, check_dtype=False, check_categorical=False)


def test_it_is_the_default_training_data() -> None:
    assert settings().data == str(PROJECT / "data" / "diamonds.csv")


def test_every_row_is_kept_a_copy_or_set_aside(classic: Dataset) -> None:
    report = classic.report
    assert report.read == 53_940
    assert report.copies == 146
    assert report.kept == report.read - report.copies - sum(report.set_aside.values())
    assert report.kept == len(classic.training) + len(classic.hold_out)


def test_dimensions_of_zero_are_unknown_and_typing_errors_are_set_aside(classic: Dataset) -> None:
    assert classic.report.zero_dimensions == {"x": 8, "y": 7, "z": 20}
    assert sum(classic.report.set_aside.values()) == 27
    for column in ("x", "y", "z"):
        assert classic.report.measures[column].largest == pytest.approx(
            {"x": 10.74, "y": 10.54, "z": 6.98}[column]
        )


@pytest.mark.parametrize("side", ["training", "hold_out"])
def test_frames_have_ordered_grades_and_numbers(classic: Dataset, side: str) -> None:
    frame: pd.DataFrame = getattr(classic, side)
    assert tuple(frame.columns) == COLUMNS
    assert all(frame[name].dtype == "float64" for name in (*MEASURES, "price"))
    for name, scale in GRADES.items():
        assert tuple(frame[name].cat.categories) == scale
        assert frame[name].cat.ordered
        assert frame[name].notna().all()


def test_the_hold_out_is_a_fifth(classic: Dataset) -> None:
    assert len(classic.hold_out) / classic.report.kept == pytest.approx(0.2, abs=0.01)
