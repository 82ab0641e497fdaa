"""A diamond has possible measures and grades that are matched however they are spelled."""

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from diamonds.diamond import FEATURES, Diamond, frame_of, typed
from diamonds.grades import GRADE_CODES, GRADES, SCALE, listed, parse_grade

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}


@pytest.mark.parametrize(
    ("column", "grade"), [(column, grade) for column in SCALE for grade in SCALE[column]]
)
@pytest.mark.parametrize(
    "spell", [str.lower, str.upper, lambda grade: grade.replace(" ", "_"), "- {} ".format]
)
def test_every_grade_is_matched_in_any_spelling(column: str, grade: str, spell: type[str]) -> None:
    assert parse_grade(column, spell(grade)) == grade


@pytest.mark.parametrize(
    ("column", "text"),
    [
        *(("cut", "Great"), ("color", "AA"), ("color", "Fancy"), ("clarity", "VVS9"), ("cut", 5)),
        *(("color", "G\u0414"), ("color", "\u00fb\u00d0"), ("clarity", "\u4e0aVS1"), ("color", "u\u05d0")),
    ],
)
def test_an_unknown_grade_is_refused_with_the_grades_there_are(column: str, text: object) -> None:
    with pytest.raises(ValueError, match=f"Got {column}={text!r}; expected one of {listed(column)}"):
        parse_grade(column, text)


@pytest.mark.parametrize("text", ["D" + " " * 1_000_000, "(" * 1_000_000, "G" * 201, "\u0301" * 10**6])
def test_what_is_too_long_for_a_grade_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="expected one of D, E, F"):
        parse_grade("color", text)


@pytest.mark.parametrize("column", ["carat", "depth", "table", "x", "y", "z"])
@pytest.mark.parametrize("value", [0, -1.0, math.inf, math.nan, 1000.1, "1"])
def test_impossible_measures_are_refused(column: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Diamond.model_validate(STONE | {column: value})
    assert caught.value.errors()[0]["loc"] == (column,)


@pytest.mark.parametrize("missing", STONE)
def test_weight_and_grades_are_required(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        Diamond.model_validate({name: value for name, value in STONE.items() if name != missing})


def test_a_frame_has_all_features_and_unknown_measures_are_nan() -> None:
    frame = frame_of([Diamond.model_validate(STONE), Diamond.model_validate(STONE | {"x": 5.7, "cut": "vg"})])
    assert tuple(frame.columns) == FEATURES
    assert frame["cut"].tolist() == ["Ideal", "Very Good"]
    np.testing.assert_array_equal(frame["x"], [math.nan, 5.7])
    assert frame["y"].isna().all()
    assert frame.dtypes["y"] == "float64"


def test_grades_are_ordered_from_the_worst_to_the_best() -> None:
    frame = typed(pd.DataFrame([{name: STONE.get(name) for name in FEATURES}]))
    for column, scale in GRADES.items():
        assert tuple(frame[column].cat.categories) == scale
        assert frame[column].cat.ordered
    assert frame["color"].cat.categories[-1] == "D"


@pytest.mark.parametrize(
    ("text", "grade"),
    [("Excellent", "Ideal"), ("AGS 0", "Ideal"), ("Sehr gut", "Very Good"), ("AGS 9", "Poor")],
)
def test_cuts_are_matched_as_laboratories_and_shops_write_them(text: str, grade: str) -> None:
    assert parse_grade("cut", text) == grade


def test_codes_rise_with_grades_and_those_of_classic_grades_are_whole() -> None:
    for column, scale in SCALE.items():
        codes = [GRADE_CODES[column][grade] for grade in scale]
        assert codes == sorted(codes)
        assert [GRADE_CODES[column][grade] for grade in GRADES[column]] == list(range(len(GRADES[column])))
