"""What a file asks for its stones is read where one column says it, and otherwise left alone."""

import pytest

from diamonds.dataset import ColumnMapping, read_stones

HEADERS: dict[str, list[float | None]] = {
    "Price": [1900, 3000],
    "Ask": [1900, 3000],
    "Asking price (USD)": [1900, 3000],
    "list_price": [1900, 3000],
    "Asking Price per Carat": [1900, 6000],
    "Price EUR": [None, None],
    "Rap": [None, None],
}


def stones(header: str, *cells: str, more: str = "") -> bytes:
    rows = [f"{carat},Ideal,G,VS2,{cell}" for carat, cell in zip((1, 2), cells, strict=True)]
    return "\n".join([f"carat,cut,color,clarity,{header}{more}", *rows]).encode()


@pytest.mark.parametrize("header", HEADERS)
def test_asking_prices_are_those_of_the_column_that_says_so(header: str) -> None:
    file = read_stones("stock.csv", stones(header, "1900", "3000"))
    assert file.asked.to_list() == HEADERS[header]
    assert file.has_asked is any(HEADERS[header])
    assert file.reasons.null_count() == 2


@pytest.mark.parametrize("cells", [("0", "-5"), ("on request", ""), ("inf", "nan"), ("EUR 900", "EUR 5")])
def test_what_is_no_price_in_our_currency_is_nothing_asked(cells: tuple[str, str]) -> None:
    file = read_stones("stock.csv", stones("price", *cells))
    assert file.asked.to_list() == [None, None]
    assert file.reasons.null_count() == 2
    (note,) = file.interpretation.notes
    assert note.endswith("of 'price' are no amounts in USD, and are not compared with our prices.")


def test_two_columns_that_could_be_the_price_are_left_alone_until_one_is_named() -> None:
    content = stones("price", "1900,2100", "3000,4000", more=",total price")
    assert not read_stones("stock.csv", content).has_asked
    mapping = ColumnMapping(columns={"price": "total price"})
    assert read_stones("stock.csv", content, mapping=mapping).asked.to_list() == [2100, 4000]


def test_a_column_that_says_asking_prevails_over_another_price() -> None:
    file = read_stones("stock.csv", stones("price", "1900,2100", "3000,4000", more=",asking price"))
    assert file.asked.to_list() == [2100, 4000]


def test_a_mapping_says_what_a_source_means_by_its_grades() -> None:
    content = b"carat,cut,color,clarity\n1,Topp,G,VS2\n"
    assert read_stones("stock.csv", content).reasons[0] is not None
    mapping = ColumnMapping().with_grades({"cut": {"Topp": "Very Good"}})
    assert read_stones("stock.csv", content, mapping=mapping).stones["cut"].to_list() == ["Very Good"]
