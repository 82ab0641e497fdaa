"""Similar stones are exactly the nearest ones, in the documented order."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diamonds.dataset import Dataset
from diamonds.diamond import COLUMNS, GradedWeight, SoldStone, typed
from diamonds.grades import GRADES
from diamonds.pricing.similar import SimilarStones, save_index


@pytest.fixture(scope="module")
def stones(dataset: Dataset) -> pd.DataFrame:
    return dataset.training


@pytest.fixture(scope="module")
def similar(stones: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> SimilarStones:
    folder = tmp_path_factory.mktemp("index")
    save_index(stones, folder)
    return SimilarStones.open(folder)


def by_sorting(stones: pd.DataFrame, stone: GradedWeight, n: int) -> tuple[pd.DataFrame, int]:
    same = stones[(stones[list(GRADES)] == [stone.cut, stone.color, stone.clarity]).all(axis=1)]
    distance = (same["carat"] - stone.carat).abs().round(9)
    return same.assign(distance=distance).sort_values(["distance", "carat", "price"]).head(n), len(same)


@pytest.mark.parametrize("n", [1, 5, 100])
def test_they_are_what_filtering_and_sorting_all_stones_gives(
    stones: pd.DataFrame, similar: SimilarStones, n: int
) -> None:
    generator = np.random.default_rng(n)
    for row in stones.sample(60, random_state=n).itertuples():
        carat = float(generator.choice([row.carat, round(generator.uniform(0.2, 4), 2)]))  # type: ignore[arg-type]
        stone = GradedWeight.model_validate(
            {"carat": carat} | {grade: getattr(row, grade) for grade in GRADES}
        )
        nearest, available = similar.nearest(stone, n)
        expected, count = by_sorting(stones, stone, n)
        assert available == count
        assert [(each["carat"], each["price"]) for each in nearest] == [
            *zip(expected["carat"], expected["price"], strict=True)
        ]


def sold(tmp_path: Path, *weights_and_prices: tuple[float, float], **more: float) -> SimilarStones:
    grades = {"cut": "Good", "color": "E", "clarity": "IF"}
    rows = [{**grades, **more, "carat": carat, "price": price} for carat, price in weights_and_prices]
    save_index(typed(pd.DataFrame(rows, columns=list(COLUMNS))), tmp_path)
    return SimilarStones.open(tmp_path)


def nearest(similar: SimilarStones, carat: float, n: int) -> list[tuple[float, float]]:
    stones, _ = similar.nearest(GradedWeight(carat=carat, cut="Good", color="E", clarity="IF"), n)
    return [(each["carat"], each["price"]) for each in stones]


def test_of_equally_near_ones_the_lighter_then_the_cheaper_comes_first(tmp_path: Path) -> None:
    similar = sold(tmp_path, (0.6, 1), (0.4, 9), (0.4, 3), (0.5, 7))
    assert nearest(similar, 0.5, 4) == [(0.5, 7), (0.4, 3), (0.4, 9), (0.6, 1)]


def test_of_many_equal_weights_the_cheapest_come_first(tmp_path: Path) -> None:
    similar = sold(tmp_path, *((0.4, price) for price in range(50, 0, -1)))
    assert nearest(similar, 0.5, 3) == [(0.4, 1), (0.4, 2), (0.4, 3)]
    assert nearest(similar, 0.3, 3) == [(0.4, 1), (0.4, 2), (0.4, 3)]


def test_there_are_fewer_where_fewer_exist(tmp_path: Path) -> None:
    assert nearest(sold(tmp_path, (0.4, 1), (0.6, 2)), 0.45, 100) == [(0.4, 1), (0.6, 2)]


def test_grades_that_were_never_sold_have_none(tmp_path: Path) -> None:
    similar = sold(tmp_path, (0.4, 1))
    assert similar.nearest(GradedWeight(carat=1, cut="Fair", color="J", clarity="I1"), 5) == ([], 0)


def test_a_stone_comes_with_all_ten_columns_and_unknown_measures_as_none(tmp_path: Path) -> None:
    similar = sold(tmp_path, (0.4, 1.5), depth=61.5, x=4.7)
    (stone,), _ = similar.nearest(GradedWeight(carat=1, cut="Good", color="E", clarity="IF"), 1)
    grades = {"cut": "Good", "color": "E", "clarity": "IF"}
    expected = {"carat": 0.4, "depth": 61.5, "table": None, "price": 1.5, "x": 4.7, "y": None, "z": None}
    assert stone == SoldStone(**{**grades, **expected})  # type: ignore[typeddict-item]
