"""What a column holds decides where its name leaves a choice; what cannot be is an error with the cause."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import ColumnError, ColumnMapping, DataError, Dataset, load_dataset, read_stones
from diamonds.diamond import COLUMNS, FEATURES
from diamonds.grades import listed


def _load(stones: pd.DataFrame, folder: Path) -> Dataset:
    stones.to_csv(folder / "stones.csv", index=False)
    return load_dataset(folder / "stones.csv")


RENAMED: dict[str, dict[str, str]] = {
    "width, height and depth in mm": {"depth": "Depth (%)", "x": "Width", "y": "Height", "z": "Depth"},
    "length, width and a bare depth in mm": {"depth": "Depth %", "x": "Length", "y": "Width", "z": "Depth"},
    "a bare depth in percent": {"x": "Length", "y": "Width", "z": "Height"},
    "letters": {"x": "L", "y": "W", "z": "H"},
    "letters with a depth": {"depth": "Total Depth", "x": "L", "y": "W", "z": "D"},
    "z in front": {"z": "Depth mm", "x": "Length mm", "y": "Width mm"},
}


@pytest.mark.parametrize("way", RENAMED)
def test_percent_and_millimetres_are_told_apart_by_values(
    way: str, stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    dataset = _load(stones.rename(columns=RENAMED[way]), tmp_path)
    assert dataset.fingerprint == expected.fingerprint


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda s: s.rename(columns={"x": "z", "z": "x"}), "z is the smallest of the three"),
        (lambda s: s.rename(columns={"depth": "table", "table": "depth"}), "seem to be exchanged"),
        (lambda s: s.assign(x=s.x / 10, y=s.y / 10, z=s.z / 10, depth=""), "in centimetres"),
        (lambda s: s.assign(x=s.x / 25.4, y=s.y / 25.4, z=s.z / 25.4), "in inches"),
        (lambda s: s.assign(carat=s.carat / 5), "in grams"),
        (lambda s: s.assign(carat=s.carat * 100), "in points"),
        (lambda s: s.assign(x=s.x * 1.4, y=s.y * 1.4), "another shape"),
    ],
)
def test_dimensions_that_do_not_fit_the_weight_are_refused_with_the_cause(
    change: Callable[[pd.DataFrame], pd.DataFrame], cause: str, stones: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=cause):
        _load(change(stones), tmp_path)


def test_a_column_called_cut_that_holds_shapes_is_a_shape(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    shaped = stones.rename(columns={"cut": "Cut Grade"}).assign(Cut="Round Brilliant")
    assert _load(shaped, tmp_path).fingerprint == expected.fingerprint


def test_of_two_prices_the_one_that_is_the_other_times_the_weight_is_chosen(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    both = stones.rename(columns={"price": "Total"}).assign(
        Price=(stones["price"] / stones["carat"]).round(2)
    )
    assert _load(both, tmp_path).fingerprint == expected.fingerprint


def test_columns_of_the_same_name_with_other_values_are_refused(stones: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="'price' and 'sale price' could each be price"):
        _load(stones.assign(**{"sale price": stones["price"] * 0.9}), tmp_path)


def test_no_guess_is_a_recognised_column_or_a_price_per_carat(stones: pd.DataFrame, tmp_path: Path) -> None:
    odd = stones.rename(columns={"price": "Rap Price", "carat": "karates"})
    with pytest.raises(ColumnError) as caught:
        _load(odd.rename(columns={"clarity": "claridad"}), tmp_path)
    assert "Is 'karates' the carat?" in str(caught.value)
    assert "Is 'claridad'" not in str(caught.value)
    assert "Is 'Rap Price'" not in str(caught.value)


def test_excellent_is_the_best_cut_unless_ideal_is_used_beside_it(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    shop = stones.assign(cut=stones["cut"].replace({"Premium": "Excellent", "Ideal": "Super Ideal"}))
    assert _load(shop, tmp_path).fingerprint == expected.fingerprint
    laboratory = stones[stones["cut"] != "Premium"].assign(cut=lambda s: s["cut"].replace({"Ideal": "EX"}))
    (table,) = _load(laboratory, tmp_path).report.tables
    assert table.notes == ("The cut Excellent, the best cut here, is read as Ideal.",)


def test_grades_are_mapped_by_the_setting(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path, configure: Callable[[str, str], None]
) -> None:
    configure("GRADES", '{"cut": {"Signature": "Ideal"}}')
    signed = stones.assign(cut=stones["cut"].replace({"Ideal": "Signature"}))
    assert _load(signed, tmp_path).fingerprint == expected.fingerprint


def test_a_file_without_a_header_says_how_to_name_its_columns(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "bare.csv"
    stones.to_csv(path, index=False, header=False)
    with pytest.raises(DataError, match=r"seems to have no header: .* --columns carat,cut,color"):
        load_dataset(path)
    mapping = ColumnMapping(header=COLUMNS)
    assert load_dataset(path, mapping=mapping).fingerprint == expected.fingerprint
    with pytest.raises(DataError, match="10 columns and no header, but --columns has 2 names"):
        load_dataset(path, mapping=ColumnMapping(header=("carat", "cut")))


def test_a_mapping_is_saved_for_the_next_file_of_its_source(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path, configure: Callable[[str, str], None]
) -> None:
    configure("HOME", str(tmp_path / "home"))
    stones.rename(columns={"price": "Erlös"}).to_csv(tmp_path / "stones.csv", index=False)
    ColumnMapping(columns={"price": "Erlös"}).save("broker")
    mapping = ColumnMapping.named("broker")
    assert load_dataset(tmp_path / "stones.csv", mapping=mapping).fingerprint == expected.fingerprint
    configure("MAPPING", "broker")
    assert load_dataset(tmp_path / "stones.csv").fingerprint == expected.fingerprint
    with pytest.raises(DataError, match="no mapping 'other'; saved are: broker"):
        ColumnMapping.named("other")
    with pytest.raises(DataError, match="expected letters"):
        ColumnMapping.named("../secret")


def test_stones_to_be_priced_are_read_row_by_row(stones: pd.DataFrame) -> None:
    odd = stones.head(4).astype(object).reset_index(drop=True)
    odd.loc[1, "color"], odd.loc[2, "carat"], odd.loc[3, "x"] = "QQ", "", "wide"
    file = read_stones("stones.csv", odd.drop(columns="price").to_csv(index=False).encode())
    assert file.reasons.to_list() == [
        None,
        f"Got color='QQ'; expected one of {listed('color')}.",
        "The carat is missing.",
        "Got x='wide'; expected a number.",
    ]
    assert tuple(file.stones.columns) == FEATURES
    assert len(file.rows) == 4


def test_an_uploaded_file_is_called_by_its_name_in_errors() -> None:
    with pytest.raises(DataError, match=r"^upload\.csv: Missing: 'carat'"):
        read_stones("upload.csv", b"a,b\nc,d\n")
