"""Quotes, similar stones and the documentation follow the grades that the champion has learned."""

from typing import Any

import httpx
import pytest

from diamonds.api.client import Client
from diamonds.grades import GRADES
from tests.bento_service.conftest import STONE
from tests.bento_service.http.test_app import assert_error
from tests.bento_service.serving import Running

KNOWN = {column: list(grades) for column, grades in GRADES.items()}
CALLS: dict[str, Any] = {
    "/predict": lambda stone: stone,
    "/explain": lambda stone: stone,
    "/similar": lambda stone: stone,
    "/predict_batch": lambda stone: {"diamonds": [STONE, stone]},
}


def test_the_grades_of_the_champion_and_of_any_model_are_listed(client: httpx.Client) -> None:
    for query in ({}, {"model": "linear"}):
        answer = client.get("/grades", params=query).json()
        assert {column: answer[column] for column in GRADES} == KNOWN
        assert answer["market"] == {
            "shape": "round",
            "origin": "natural",
            "treatment": "untreated",
            "currency": "USD",
        }
    assert_error(client.get("/grades", params={"model": "none"}), "unknown_model", "expected one of")


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(("column", "grade"), [("color", "Z"), ("clarity", "FL"), ("cut", "Poor")])
def test_a_grade_that_the_champion_has_not_learned_is_refused_with_those_it_has(
    path: str, column: str, grade: str, client: httpx.Client
) -> None:
    answer = client.post(path, json=CALLS[path]({**STONE, column: grade}))
    assert answer.status_code == 400
    assert_error(answer, "invalid_input", f"expected one of {', '.join(reversed(GRADES[column]))}.")
    (field,) = answer.json()["error"]["fields"]
    assert (field["field"].rpartition(".")[2], field["got"]) == (column, grade)


def test_an_unknown_grade_is_refused_with_those_of_the_champion(client: httpx.Client) -> None:
    answer = client.post("/predict", json={**STONE, "color": "snow"})
    assert_error(answer, "invalid_input", "Got color='snow'; expected one of D, E, F, G, H, I, J.")


def test_a_file_names_the_rows_of_grades_that_are_not_learned(client: httpx.Client) -> None:
    content = b"carat,cut,color,clarity\n0.7,Ideal,G,VS2\n0.7,Ideal,Z,VS2\n"
    answer = client.post("/predict_batch", content=content, headers={"content-type": "text/csv"})
    first, second = answer.text.splitlines()[1:]
    assert first.endswith(",,")
    assert "Got color='Z', which the model has not learned" in second


def test_the_documentation_lists_the_grades_of_the_champion(client: httpx.Client) -> None:
    schemas = client.get("/docs.json").json()["components"]["schemas"]
    for name in ("QuoteRequest", "SimilarRequest", "OfferedDiamond"):
        assert {column: schemas[name]["properties"][column]["enum"] for column in GRADES} == KNOWN


def test_the_client_gets_the_grades_and_prices_files(service: Running) -> None:
    with Client(service.url) as diamonds:
        assert diamonds.grades()["color"] == KNOWN["color"]
        assert b"price" in diamonds.price_file(b"carat,cut,color,clarity\n0.7,Ideal,G,VS2\n")
