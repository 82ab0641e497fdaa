"""Every rule sets aside the rows that break it and counts them; rows with unknown measures stay."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diamonds.dataset import Dataset, TooManySetAside, load_dataset
from diamonds.dataset.rules import CHEAP, MALFORMED, RULES
from diamonds.grades import GRADES

LoadWith = Callable[..., Dataset]

BREAKING: list[tuple[str, dict[str, object]]] = [
    ("a measure that is not a number", {"price": "on request"}),
    ("a measure that is not a number", {"x": "wide"}),
    ("no price", {"price": ""}),
    ("no price", {"price": "N/A"}),
    ("no weight", {"carat": "nan"}),
    ("a number that is not finite", {"price": "inf"}),
    ("a number that is not finite", {"depth": "-inf"}),
    ("a number that is not above 0", {"price": 0}),
    ("a number that is not above 0", {"price": -326}),
    ("a number that is not above 0", {"carat": 0}),
    ("a number that is not above 0", {"x": -3.9}),
    ("a number that is not above 0", {"table": 0}),
    ("unknown cut", {"cut": "Splendid"}),
    ("unknown color", {"color": "white-ish"}),
    ("unknown clarity", {"clarity": "cloudy"}),
    ("unknown clarity", {"clarity": ""}),
    ("a carat outside 0.001 to 1,000", {"carat": 3106, "x": "", "y": "", "z": ""}),
    ("a carat outside 0.001 to 1,000", {"carat": 0.0003, "x": "", "y": "", "z": ""}),
    ("a price outside 0.01 to 1,000,000,000", {"price": 2e9}),
    ("a price outside 0.01 to 1,000,000,000", {"price": 1e-9}),
    ("a depth outside 1 to 100", {"depth": 0.615}),
    ("a table outside 1 to 100", {"table": 560}),
    ("a dimension outside 0.25 to 2 of the usual width for the weight", {"y": 58.9}),
    ("a dimension outside 0.25 to 2 of the usual width for the weight", {"x": 0.39, "y": 0.4, "z": 0.24}),
    ("a depth that contradicts x, y and z by over 5 points", {"depth": 43.0}),
]


@pytest.mark.parametrize(("rule", "values"), BREAKING)
def test_a_row_that_breaks_a_rule_is_set_aside(
    load_with: LoadWith, rule: str, values: dict[str, object]
) -> None:
    report = load_with(**values).report
    assert report.set_aside == {rule: 1}
    assert report.kept == 299
    (example,) = report.examples[rule]
    assert {name: str(value) for name, value in values.items() if value != ""}.items() <= example.items()


def test_every_rule_has_a_row_that_breaks_it() -> None:
    assert {rule for rule, _ in BREAKING} == set(RULES)


OUTSIDE: list[tuple[str, dict[str, object]]] = [
    ("a cut that fewer than 50 stones have", {"cut": "Poor"}),
    ("a color that fewer than 50 stones have", {"color": "K"}),
    ("a color outside the scale Z to D", {"color": "Fancy Intense Yellow"}),
    ("a clarity that fewer than 50 stones have", {"clarity": "FL"}),
    ("a clarity that fewer than 50 stones have", {"clarity": "Piqué 3"}),
    (CHEAP, {"price": 10}),
]


@pytest.mark.parametrize(("rule", "values"), OUTSIDE)
def test_a_row_of_another_scale_or_price_is_set_aside(
    load_with: LoadWith, rule: str, values: dict[str, object]
) -> None:
    assert load_with(**values).report.set_aside == {rule: 1}


def test_grades_beyond_the_classic_ones_are_kept_where_fifty_stones_have_them(
    stones: pd.DataFrame, tmp_path: Path
) -> None:
    colors = ["K"] * 60 + ["M"] * 49 + ["U-V"] * 11 + list(stones["color"][120:])
    stones.assign(color=colors).to_csv(tmp_path / "rare.csv", index=False)
    dataset = load_dataset(tmp_path)
    assert (dataset.report.kept, dataset.report.set_aside_share) == (240, 0.0)
    assert dataset.report.grades["color"]["K"] == 60
    assert list(dataset.training["color"].cat.categories) == ["K", *GRADES["color"]]
    assert sorted(dataset.report.set_aside_sentences()) == [
        "a color outside the scale Z to D: 11 (U-V 11)",
        "a color that fewer than 50 stones have: 49 (M 49)",
    ]


def test_unknown_grades_are_named_with_their_counts_in_the_message(
    stones: pd.DataFrame, tmp_path: Path
) -> None:
    odd = stones.assign(cut=["Splendid"] * 90 + ["Grand"] * 30 + list(stones["cut"][120:]))
    odd.to_csv(tmp_path / "odd.csv", index=False)
    with pytest.raises(TooManySetAside, match=r"unknown cut: 120 \(Splendid 90, Grand 30\)"):
        load_dataset(tmp_path)


def test_three_cells_of_what_is_set_aside_are_shown_as_they_stand(
    stones: pd.DataFrame, tmp_path: Path
) -> None:
    odd = stones.assign(price=[f"from {price:.0f}" for price in stones["price"]])
    odd.to_csv(tmp_path / "odd.csv", index=False)
    first = [f"price {cell!r}" for cell in odd["price"][:3]]
    with pytest.raises(TooManySetAside, match=f"a number: 300 .{'; '.join(first)}."):
        load_dataset(tmp_path)


def test_a_row_with_too_many_fields_is_set_aside(stones: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "stones.csv"
    path.write_text(stones.to_csv(index=False) + "0.3,Ideal,E,SI1,61,55,500,4,4,2.4,and more\n")
    report = load_dataset(path).report
    assert report.set_aside == {MALFORMED: 1}
    assert report.read == 301
    assert "and more" in report.examples[MALFORMED][0]["line"]


@pytest.mark.parametrize("column", ["x", "y", "z"])
@pytest.mark.parametrize("value", [0, "", "n/a", "-"])
def test_a_dimension_of_zero_or_nothing_is_unknown(load_with: LoadWith, column: str, value: object) -> None:
    dataset = load_with(**{column: value})
    kept = pd.concat([dataset.training, dataset.hold_out])
    assert dataset.report.set_aside == {}
    assert kept[column].isna().sum() == 2  # one stone has none to begin with
    assert dataset.report.zero_dimensions == ({column: 1} if value == 0 else {})


@pytest.mark.parametrize(
    ("column", "spelled", "grade"),
    [
        ("cut", "VG", "Very Good"),
        ("cut", "very-good", "Very Good"),
        ("cut", " VERY_GOOD ", "Very Good"),
        ("clarity", "vs-1", "VS1"),
        ("clarity", "Internally Flawless", "IF"),
        ("color", "d", "D"),
    ],
)
def test_grades_by_other_names_are_valid(load_with: LoadWith, column: str, spelled: str, grade: str) -> None:
    before = load_with(**{column: grade})
    after = load_with(**{column: spelled})
    assert after.report.set_aside == {}
    assert after.fingerprint == before.fingerprint


def test_unknown_grades_are_counted_by_spelling(load_with: LoadWith) -> None:
    assert load_with(clarity="FL").report.unknown_grades == {"clarity": {"FL": 1}}


def test_only_the_most_frequent_unknown_grades_are_listed(stones: pd.DataFrame, tmp_path: Path) -> None:
    grades = ["FL"] * 3 + [f"{'?' * 99}{number}" if number == 3 else f"I{number}" for number in range(3, 40)]
    dirty = stones.assign(clarity=[*grades, *stones["clarity"][len(grades) :]])
    dirty.to_csv(tmp_path / "dirty.csv", index=False)
    listed = load_dataset(tmp_path).report.unknown_grades["clarity"]
    assert next(iter(listed.items())) == ("FL", 3)
    assert len(listed) == 20


def test_too_many_rows_set_aside_are_an_error_with_the_reason(stones: pd.DataFrame, tmp_path: Path) -> None:
    spoiled = stones.assign(price=np.where(np.arange(len(stones)) % 3 == 0, -1, stones["price"]))
    spoiled.to_csv(tmp_path / "spoiled.csv", index=False)
    with pytest.raises(TooManySetAside, match=r"100 of 300 rows .* not above 0: 100") as caught:
        load_dataset(tmp_path / "spoiled.csv")
    assert caught.value.report.set_aside_share == pytest.approx(1 / 3)
    assert pickle.loads(pickle.dumps(caught.value)).report == caught.value.report  # noqa: S301 - our own


def test_the_share_that_may_be_set_aside_is_a_setting(
    load_with: LoadWith, configure: Callable[[str, str], None]
) -> None:
    configure("LARGEST_SET_ASIDE_SHARE", "0.001")
    with pytest.raises(TooManySetAside, match=r"at most 0\.1% may"):
        load_with(price=-1)
