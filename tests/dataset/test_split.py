"""Every split is decided by what a stone is: copies, orientations and fresh data change none of them."""

import hashlib
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from diamonds.dataset import Dataset, load_dataset, without_calibration, without_report
from diamonds.dataset.hashing import Words
from diamonds.dataset.split import (
    CALIBRATION_SHARE,
    FOLDS,
    fold_of,
    in_calibration,
    in_hold_out,
    stone_hashes,
)
from diamonds.diamond import typed
from diamonds.grades import GRADES


def _all(dataset: Dataset) -> pd.DataFrame:
    return pd.concat([dataset.training, dataset.hold_out], ignore_index=True)


def is_held_out(stones: pd.DataFrame) -> np.ndarray:
    return in_hold_out(stone_hashes(stones))


def _many(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    width = random.uniform(3.5, 9.0, rows).round(2)
    grades = {name: random.choice(scale, rows) for name, scale in GRADES.items()}
    sizes = {
        "x": width,
        "y": (width * random.uniform(0.98, 1.02, rows)).round(2),
        "z": (width * 0.62).round(2),
    }
    measures = {
        "carat": ((width / 6.43) ** 3).round(2),
        "depth": 62.0,
        "table": random.integers(52, 66, rows),
    }
    return typed(
        pd.DataFrame(
            {
                **measures,
                **grades,
                **sizes,
                "price": random.integers(3000, 5000, rows) * (width / 6.43) ** 4.8,
            }
        )
    )


@pytest.mark.parametrize("order", list(permutations("xyz")))
def test_a_stone_in_another_orientation_stays_on_its_side(classic: Dataset, order: tuple[str, ...]) -> None:
    stones = _all(classic).dropna(subset=["x", "y", "z"], how="all")
    turned = stones.copy()
    turned[["x", "y", "z"]] = stones[list(order)].to_numpy()
    turned["depth"] = 200 * turned["z"] / (turned["x"] + turned["y"])
    turned["table"] = stones["table"] + 1
    turned["cut"] = stones["cut"].cat.categories[0]
    turned["cut"] = turned["cut"].astype(stones["cut"].dtype)
    np.testing.assert_array_equal(stone_hashes(turned), stone_hashes(stones))


def test_no_stone_of_the_training_data_is_held_out_as_well(classic: Dataset) -> None:
    assert not set(stone_hashes(classic.training)) & set(stone_hashes(classic.hold_out))


def test_copies_at_another_price_stay_together(classic: Dataset) -> None:
    stones = _all(classic)
    np.testing.assert_array_equal(is_held_out(stones.assign(price=1.0)), is_held_out(stones))


@pytest.mark.parametrize(
    ("column", "value"),
    [("carat", 3.33), ("color", "J"), ("clarity", "I1"), ("x", 3.33), ("y", 3.33), ("z", 3.33)],
)
def test_what_identifies_a_stone_decides(classic: Dataset, column: str, value: object) -> None:
    stones = classic.training[classic.training[column] != value]
    other = typed(stones.assign(**{column: pd.Series(value, index=stones.index)}))
    assert (stone_hashes(other) != stone_hashes(stones)).all()


def test_the_hash_is_the_one_that_was_always_used() -> None:
    """A change here moves every stone to a new side: old hold-outs would have been trained on."""
    stone = {"carat": 0.23, "cut": "Ideal", "color": "E", "clarity": "SI2", "depth": 61.5, "table": 55.0}
    sizes = {"x": [3.95, np.nan, 0.0], "y": [3.98, np.nan, 3.98], "z": [2.43, np.nan, 2.43]}
    assert [f"{number:x}" for number in stone_hashes(typed(pd.DataFrame({**stone, **sizes})))] == [
        "79aac54c64fa94be",
        "71799d828a82ecc8",
        "d39f45b7bd4c0be1",
    ]


def test_a_stone_without_dimensions_is_known_by_all_else_but_its_price(classic: Dataset) -> None:
    stones = _all(classic).assign(x=np.nan, y=np.nan, z=np.nan)
    same = is_held_out(stones.assign(price=1.0))
    np.testing.assert_array_equal(same, is_held_out(stones))
    assert same.mean() == pytest.approx(0.2, abs=0.01)
    bare = stones.assign(depth=np.nan, table=np.nan)
    assert is_held_out(bare).mean() == pytest.approx(0.2, abs=0.01)


def test_the_hold_out_is_a_fifth_of_any_stones() -> None:
    for seed in range(5):
        assert is_held_out(_many(50_000, seed)).mean() == pytest.approx(0.2, abs=0.01)


def test_folds_within_the_training_rows_are_even(classic: Dataset) -> None:
    folds = np.bincount(fold_of(stone_hashes(classic.training)).astype(int)) / len(classic.training)
    assert folds == pytest.approx([1 / FOLDS] * FOLDS, abs=0.01)


def test_copies_of_a_stone_are_set_apart_together(classic: Dataset) -> None:
    learned, apart = without_calibration(classic.training)

    assert len(apart) / len(classic.training) == pytest.approx(CALIBRATION_SHARE, abs=0.01)
    assert len(apart) + len(learned) == len(classic.training)
    assert not set(stone_hashes(apart)) & set(stone_hashes(learned))


def test_few_stones_that_are_held_out_are_for_decisions_and_for_the_report(classic: Dataset) -> None:
    for stones, shared in ((1999, True), (2000, False)):
        decide, report = without_report(classic.hold_out.iloc[:stones])
        both = set(stone_hashes(decide)) & set(stone_hashes(report))
        assert bool(both) is shared
        assert len(decide) >= (1999 if shared else 1400)


def _stones_of(stones: Words) -> tuple[int, str]:
    """How many stones, and a hash of which."""
    return len(stones), hashlib.sha256(np.sort(stones).tobytes()).hexdigest()[:16]


def test_no_stone_of_the_classic_data_has_ever_changed_sides(classic: Dataset) -> None:
    learned, apart = without_calibration(classic.training)
    stones = stone_hashes(learned)
    assert _stones_of(stone_hashes(classic.hold_out)) == (10748, "ea88eda657b7cc6b")
    assert _stones_of(stone_hashes(apart)) == (4283, "f7c7125a868ba598")
    decide, report = without_report(classic.hold_out)
    assert _stones_of(stone_hashes(report)) == (2657, "80f3372ea47a0c2a")
    assert len(decide) + len(report) == len(classic.hold_out)
    assert [_stones_of(stones[fold_of(stones) == fold]) for fold in range(FOLDS)] == [
        (12931, "78a0af7dc07dda8d"),
        (13081, "3b56a4b8d56a0e52"),
        (12724, "602e3ebcb9c5f349"),
    ]


@pytest.mark.parametrize("kind", ["real", "random"])
def test_hold_out_calibration_and_folds_say_nothing_about_one_another(classic: Dataset, kind: str) -> None:
    if kind == "real":
        stones = np.unique(stone_hashes(_all(classic)))  # copies are on the same side
    else:
        stones = np.random.default_rng(0).integers(0, 2**64, 2_000_000, dtype=np.uint64)

    counts = np.zeros((2, 2, FOLDS))
    splits = (in_hold_out(stones), in_calibration(stones), fold_of(stones))
    np.add.at(counts, tuple(split.astype(int) for split in splits), 1)

    assert counts.sum() == len(stones)
    assert chi2_contingency(counts).pvalue > 0.05
    for pair in range(3):
        assert chi2_contingency(counts.sum(axis=pair)).pvalue > 0.05


def test_a_million_fresh_rows_move_no_stone(
    classic: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fresh")
    _many(1_000_000, seed=1).to_parquet(folder / "fresh.parquet")
    _all(classic).to_parquet(folder / "known.parquet")
    dataset = load_dataset(folder)
    assert len(dataset.hold_out) / dataset.report.kept == pytest.approx(0.2, abs=0.01)
    assert set(stone_hashes(classic.hold_out)) <= set(stone_hashes(dataset.hold_out))
    assert not set(stone_hashes(classic.training)) & set(stone_hashes(dataset.hold_out))
