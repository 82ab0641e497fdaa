"""Columns are recognised by the names that people give them, or one error says what is wrong."""

import pytest

from diamonds.dataset import ColumnError, recognise_columns
from diamonds.dataset.columns import ALIASES
from diamonds.diamond import COLUMNS
from diamonds.settings import PROJECT

NEEDED = ["carat", "cut", "color", "clarity", "price"]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("carat", "Carat Weight"),
        ("price", "price_usd"),
        ("price", "PriceUSD"),
        ("price", "Price ($)"),
        ("color", "colour"),
        ("color", "Colour-Grade"),
        ("clarity", "Clarity Grade"),
        ("depth", "depth %"),
        ("depth", "Depth (%)"),
        ("table", "table_pct"),
        ("x", "length_mm"),
        ("y", "Width (mm)"),
        ("z", "depth_mm"),
    ],
)
def test_other_names_are_recognised(column: str, name: str) -> None:
    others = [needed for needed in NEEDED if needed != column]
    assert recognise_columns([*others, name]).names[column] == name


@pytest.mark.parametrize(
    ("column", "alias"), [(column, name) for column, names in ALIASES.items() for name in names]
)
def test_every_alias_means_one_column_in_any_case(column: str, alias: str) -> None:
    assert recognise_columns([alias.upper()], needed=()).names == {column: alias.upper()}


def test_index_and_other_columns_are_ignored_and_listed() -> None:
    recognised = recognise_columns(["", *NEEDED, "certificate"])
    assert recognised.ignored == ("", "certificate")
    assert recognised.names == {name: name for name in NEEDED}


def test_a_missing_column_is_one_error_with_what_is_there_what_is_needed_and_guesses() -> None:
    with pytest.raises(ColumnError) as caught:
        recognise_columns(["carat", "cutt", "color", "clarity", "price_eur"])
    message = str(caught.value)
    for part in ("Missing: 'cut', 'price'.", "'price_eur'", "Needed: 'carat'", "Is 'cutt' the cut?"):
        assert part in message


@pytest.mark.parametrize("twice", [("price", "price_usd"), ("color", "colour"), ("price", "price")])
def test_two_columns_that_could_be_the_same_are_refused(twice: tuple[str, str]) -> None:
    with pytest.raises(
        ColumnError, match=r"could each be|2 columns are called 'price'; rename all but the one"
    ):
        recognise_columns([*(set(NEEDED) - set(twice)), *twice])


def test_a_bare_depth_beside_length_and_width_is_refused() -> None:
    with pytest.raises(ColumnError, match="depth in percent or"):
        recognise_columns([*NEEDED, "length", "width", "depth"])


def test_depth_is_percent_where_the_height_has_a_column_of_its_own() -> None:
    names = recognise_columns([*NEEDED, "length", "width", "height", "depth"]).names
    assert (names["z"], names["depth"]) == ("height", "depth")


def test_aliases_of_the_caller_take_precedence() -> None:
    names = recognise_columns([*NEEDED, "asking"], aliases={"price": ["Asking"]}).names
    assert names["price"] == "asking"


def test_an_alias_can_take_a_column_from_its_usual_meaning() -> None:
    names = recognise_columns([*NEEDED, "length", "width", "depth"], aliases={"z": ["depth"]}).names
    assert names["z"] == "depth"
    assert "depth" not in names


def test_aliases_for_no_column_of_ours_are_refused() -> None:
    with pytest.raises(ColumnError, match="aliases for 'prize'"):
        recognise_columns(NEEDED, aliases={"prize": ["x"]})


def test_a_table_without_price_is_recognised_where_none_is_needed() -> None:
    needed = ("carat", "cut", "color", "clarity")
    assert set(recognise_columns(["ct", *needed[1:]], needed=needed).names) == set(needed)


def test_the_documentation_lists_every_name() -> None:
    page = (PROJECT / "docs" / "data.md").read_text()
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    listed = {row[0].strip("| `"): tuple(row[1].split(", ")) for row in rows}
    assert {column: names for column, names in listed.items() if column in COLUMNS} == dict(ALIASES)
