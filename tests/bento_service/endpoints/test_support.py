"""Stones that no sold ones are like are quoted with the same warning and price by every call."""

import csv
import io

import httpx
import pytest

STONE = {"carat": 4.5, "cut": "Ideal", "color": "D", "clarity": "IF"}
ORDINARY = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}


def test_every_call_quotes_a_stone_beyond_the_sold_ones_alike(client: httpx.Client) -> None:
    quote = client.post("/predict", json=STONE).json()
    assert quote["supported"] is False
    (warning,) = (each for each in quote["warnings"] if each.startswith("Too few stones of about 4.5 carat"))
    stones = {"diamonds": [ORDINARY, STONE]}
    ordinary, alike = client.post("/predict_batch", json=stones).json()["predictions"]
    assert alike == {name: quote[name] for name in ("price", "low", "high", "warnings", "supported")}
    assert not {"supported", "warnings"} & ordinary.keys()
    explained = client.post("/explain", json=STONE).json()
    assert explained["price"] == quote["price"]
    content = "carat,cut,color,clarity\n4.5,Ideal,D,IF\n"
    answer = client.post("/predict_batch", content=content, headers={"content-type": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert float(row["price"]) == quote["price"]
    assert warning in row["warning"]


def test_prices_beyond_the_sold_stones_rise_with_weight(client: httpx.Client) -> None:
    stones = [{**STONE, "carat": carat} for carat in (1, 1.5, 2, 2.5, 3, 4, 5)]
    answer = client.post("/predict_batch", json={"diamonds": stones}).json()
    prices = [each["price"] for each in answer["predictions"]]
    assert prices == sorted(prices)


@pytest.mark.parametrize("query", [{}, {"cut": "good", "color": "g", "clarity": "si1"}])
def test_the_weights_that_sold_stones_support_are_listed(query: dict[str, str], client: httpx.Client) -> None:
    weights = client.get("/grades", params=query).json()["weights"]
    assert 0.15 < weights["low"] < 0.5
    assert 1 < weights["high"] < 6
    beyond = {**ORDINARY, **query, "carat": weights["high"] + 0.02}
    assert client.post("/predict", json=beyond).json()["supported"] is False


def test_weights_are_listed_of_grades_that_are_learned(client: httpx.Client) -> None:
    answer = client.get("/grades", params={"cut": "good", "color": "Z", "clarity": "si1"})
    assert answer.status_code == 400
    assert "expected one of D, E, F, G, H, I, J." in answer.text
