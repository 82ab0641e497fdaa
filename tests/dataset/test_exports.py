"""Exports whose names or cells leave a choice are read as they were meant, or an error names the cause."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import Dataset, Implausible, load_dataset

Spoil = Callable[[pd.DataFrame], pd.DataFrame]
SAME: dict[str, Spoil] = {
    "a unit of the weight beside it": lambda s: s.assign(Unit="ct"),
    "a weight in grams": lambda s: s.assign(carat=(s["carat"] / 5).round(4)).rename(
        columns={"carat": "Weight (g)"}
    ),
    "a unit in the name of the weight": lambda s: s.rename(columns={"carat": "Gewicht (ct)"}),
    "dimensions of one record under its name": lambda s: s.rename(
        columns={"x": "measurements_length", "y": "measurements_width", "z": "measurements_depth"}
    ),
    "dimensions in centimetres in one cell": lambda s: s.assign(
        **{"Dimensions (cm)": [f"{x / 10:.3f} x {y / 10:.3f} x {z / 10:.3f}" for x, y, z in _sizes(s)]}
    ).drop(columns=["x", "y", "z"]),
    "a diameter and a height in one cell": lambda s: s.assign(
        Diameter=[f"Ø {x:.2f}-{y:.2f} h {z:.2f}" for x, y, z in _sizes(s)]
    ).drop(columns=["x", "y", "z"]),
    "remarks beside grades": lambda s: s.assign(
        color=s["color"] + "+", clarity=s["clarity"] + " (loupe)", cut=s["cut"] + " cut"
    ),
}


def _sizes(stones: pd.DataFrame) -> list[tuple[float, float, float]]:
    return list(stones[["x", "y", "z"]].itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def whole(stones: pd.DataFrame) -> pd.DataFrame:
    """Stones of which every measure is known."""
    return stones.dropna()


@pytest.fixture(scope="module")
def fingerprint(whole: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("plain") / "plain.csv"
    whole.to_csv(path, index=False)
    return load_dataset(path).fingerprint


@pytest.mark.parametrize("spoil", SAME.values(), ids=SAME)
def test_an_export_has_the_stones_that_went_in(
    spoil: Spoil, whole: pd.DataFrame, fingerprint: str, tmp_path: Path
) -> None:
    spoil(whole).to_csv(tmp_path / "export.csv", index=False)
    assert load_dataset(tmp_path / "export.csv").fingerprint == fingerprint


def test_a_unit_of_weight_in_nested_records_is_no_unit_of_price(
    whole: pd.DataFrame, fingerprint: str, tmp_path: Path
) -> None:
    records = [{**row, "carat": {"value": row["carat"], "unit": "ct"}} for row in whole.to_dict("records")]
    (tmp_path / "nested.json").write_text(json.dumps({"stones": records}))
    assert load_dataset(tmp_path / "nested.json").fingerprint == fingerprint


def test_rows_of_several_stones_are_set_aside(stones: pd.DataFrame, tmp_path: Path) -> None:
    stones.assign(Pcs=[1, 2] * (len(stones) // 2)).to_csv(tmp_path / "pairs.csv", index=False)
    report = load_dataset(tmp_path / "pairs.csv").report
    assert report.set_aside == {"several stones in one row": len(stones) // 2}
    assert report.set_aside_share == 0


def test_prices_multiplied_by_the_weight_once_more_stop_the_run(classic: Dataset, tmp_path: Path) -> None:
    stones = classic.training.head(2000)
    stones.assign(price=stones["price"] * stones["carat"]).to_csv(tmp_path / "twice.csv", index=False)
    with pytest.raises(Implausible, match="multiplied by the weight once more"):
        load_dataset(tmp_path / "twice.csv")
