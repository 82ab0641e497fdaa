"""Stones become the same matrix whichever way they come, and features are derived from it."""

import numpy as np
import pandas as pd
import pytest

from diamonds.dataset import Dataset
from diamonds.diamond import FEATURES, Diamond, frame_of
from diamonds.grades import SCALE
from diamonds.models.features import completed, derived, matrix_of, matrix_of_columns, rows_of, stones_of

STONE = {"carat": 0.7, "cut": "Ideal", "color": "J", "clarity": "VS2"}


def test_grades_are_counted_from_the_worst_and_unknown_measures_are_nan() -> None:
    row = matrix_of(frame_of([Diamond(**STONE, table=56)]))[0]

    assert row == pytest.approx([0.7, 4, 0, 3, np.nan, 56, np.nan, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("column", "grade"), [(column, grade) for column in SCALE for grade in SCALE[column]]
)
def test_frames_stones_and_columns_become_the_same_matrix(column: str, grade: str) -> None:
    stones = [Diamond.model_validate({**STONE, column: grade, **measures}) for measures in ({}, {"x": 5})]
    columns = {name: [getattr(stone, name) for stone in stones] for name in FEATURES}

    matrix = matrix_of(frame_of(stones))

    np.testing.assert_array_equal(rows_of(stones), matrix)
    np.testing.assert_array_equal(matrix_of_columns(columns), matrix)


def test_a_matrix_turns_back_into_the_stones(dataset: Dataset) -> None:
    stones = dataset.hold_out[list(FEATURES)].reset_index(drop=True)

    pd.testing.assert_frame_equal(stones_of(matrix_of(stones)), stones)


def test_known_measures_are_left_as_they_are(dataset: Dataset) -> None:
    matrix = matrix_of(dataset.hold_out)
    known = ~np.isnan(matrix)

    assert (completed(matrix)[known] == matrix[known]).all()


def test_every_stone_is_complete_in_the_end() -> None:
    bare = matrix_of(frame_of([Diamond(**STONE), Diamond(**STONE, y=5.6), Diamond(**STONE, z=3.5)]))

    filled = completed(bare)

    assert not np.isnan(filled).any()
    depth, x, y, z = filled[:, [4, 6, 7, 8]].T
    assert x[1] == y[1] == 5.6
    assert depth == pytest.approx(200 * z / (x + y))


def test_derived_features_are_finite_for_every_real_stone(dataset: Dataset) -> None:
    assert np.isfinite(derived(matrix_of(dataset.training))).all()
