"""The API of versions and promotions, as the dashboard uses it."""

from typing import Any

import pytest

from diamonds.models.shapley import PROPERTIES
from diamonds.versions.version import Version
from tests.dashboard.conftest import Stack


def test_promotions_are_listed_newest_first_with_their_reasons(stack: Stack) -> None:
    promotions = stack.api.get("/promotions").json()["promotions"]

    assert [each["champion"] for each in promotions] == [True] + [False] * (len(promotions) - 1)
    assert promotions[0]["version"] == stack.api.get("/models").json()["champion"]["version"]
    assert promotions[-1]["reason"] == f"{stack.versions['linear']} is promoted by hand."


def test_a_version_that_is_not_better_is_not_promoted_unless_forced(stack: Stack) -> None:
    itself = stack.versions["xgboost"]
    answer = stack.api.post("/promotions", json={"version": itself}).json()

    assert answer["promoted"] is False
    assert "fewer than 1,000, so a person has to decide" in answer["reason"]
    assert answer["champion"] == stack.champion() == itself


def test_a_rollback_from_another_champion_than_the_present_one_is_refused(stack: Stack) -> None:
    answer = stack.api.post("/promotions/rollback", json={"version": stack.versions["linear"]})

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "another_champion"
    assert stack.champion() == stack.versions["xgboost"]


def test_a_version_is_described_with_its_slices_parameters_and_card(stack: Stack, xgboost: Version) -> None:
    answer = stack.api.get(f"/versions/{xgboost.tag}").json()

    assert answer["summary"]["champion"] is True
    assert answer["parameters"] == xgboost.parameters
    assert {"cut Ideal", "color G", "clarity VS2"} <= {each["slice"] for each in answer["slices"]}
    assert answer["card"].startswith("# xgboost")
    assert "![" not in answer["card"]
    figures = answer["figures"]
    assert sum(cell["stones"] for cell in figures["predicted"]) == sum(
        each["stones"] for each in answer["slices"] if each["slice"].startswith("cut ")
    )
    assert {each["property"] for each in figures["importance"]} == set(PROPERTIES)
    assert all(band["low"] <= band["median"] <= band["high"] for band in figures["error"])


def test_a_response_that_describes_a_version_is_small_enough_to_be_recorded_whole(
    stack: Stack, xgboost: Version
) -> None:
    answer = stack.api.get(f"/versions/{xgboost.tag}")

    assert len(answer.content) < 100_000


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/promotions", {"version": "diamonds-linear:nothing"}),
        ("GET", "/versions/diamonds-linear:nothing", None),
        ("GET", "/versions/nonsense", None),
        ("GET", "/comparison?champion=diamonds-linear:nothing&challenger=diamonds-linear:latest", None),
    ],
)
def test_an_unknown_version_is_a_404(stack: Stack, method: str, path: str, body: Any) -> None:
    answer = stack.api.request(method, path, json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_version")
