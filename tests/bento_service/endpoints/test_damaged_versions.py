"""A service beside damaged versions quotes with the newest whole champion, and names what it refuses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from bento_service.endpoints.loaded_models import LoadedModels
from bento_service.http.errors import ApiError
from diamonds.database import running as database_running
from diamonds.versions import store
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE, wait_for_version
from tests.bento_service.serving import worker_serving
from tests.conftest import model_store_in
from tests.versions.damaging import DAMAGES, Damage, all_cases, copied, copy_into, cut


@pytest.fixture(scope="module")
def damaged(
    linear: Version, xgboost: Version, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[set[str]]:
    """A store with xgboost as champion, and before it a newer champion for each way to damage linear."""
    home = tmp_path_factory.mktemp("damaged") / "bentoml"
    with model_store_in(home):
        for version in (linear, xgboost):
            copy_into(home, version)
        store.promote(xgboost.tag, "the whole one")
        yield {promote_damaged(linear.tag, name, do) for name, do in all_cases(linear)}


def promote_damaged(tag: str, name: str, do: Damage) -> str:
    champion = store.promote(tag, f"its {name} is damaged")
    (path,) = champion.folder.rglob(name)
    do(path)
    return champion.tag


@pytest.fixture(scope="module")
def client(damaged: set[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service that was started beside them."""
    log = tmp_path_factory.mktemp("service") / "log"
    with database_running(), worker_serving(log, until="/readyz") as service, service.client() as client:
        yield client
        assert "Traceback" not in log.read_text()


def refused(client: httpx.Client, path: str = "/readyz") -> dict[str, Any]:
    return {each["version"]: each for each in client.get(path).raise_for_status().json()["refused"]}


def test_it_starts_beside_every_kind_of_damage_and_names_each(
    client: httpx.Client, damaged: set[str], xgboost: Version
) -> None:
    assert client.post("/predict", json=STONE).json()["version"] == xgboost.tag
    assert client.get("/models").json()["champion"]["version"] == xgboost.tag
    for path in ("/readyz", "/models"):
        assert refused(client, path).keys() == damaged
        for tag, each in refused(client, path).items():
            assert tag in each["reason"]
            assert f"diamonds delete {tag}" in each["remedy"]
    (present,) = [each for each in client.get("/promotions").json()["promotions"] if each["champion"]]
    assert (present["version"], present["damage"]) == (xgboost.tag, None)


@pytest.mark.parametrize("do", DAMAGES, ids=lambda do: do.__name__)
def test_a_champion_that_is_damaged_while_it_quotes_gives_way(
    client: httpx.Client, linear: Version, xgboost: Version, do: Damage
) -> None:
    champion = store.promote(linear.tag, "whole at first")
    wait_for_version(linear, client)

    do(champion.folder / "coefficients.json")

    wait_for_version(xgboost, client)
    assert "coefficients.json" in refused(client)[champion.tag]["reason"]


def test_a_damaged_version_is_a_conflict_where_it_is_named(client: httpx.Client, linear: Version) -> None:
    cut(store.get(linear.tag).folder / "intervals.json")

    calls = [
        client.get(f"/versions/{linear.tag}"),
        client.get(f"/version_files/{linear.tag}"),
        client.post(f"/versions/{linear.tag}/acceptance"),
        client.post("/promotions", json={"version": linear.tag}),
        client.get("/comparison", params={"champion": linear.tag, "challenger": linear.tag}),
    ]

    for answer in calls:
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "damaged_version")
        assert "intervals.json" in answer.json()["error"]["message"]
    assert client.get("/models/linear").json()["versions"] == []


def test_a_model_whose_versions_are_damaged_is_unavailable_with_the_reason(
    client: httpx.Client, linear: Version
) -> None:
    for _ in range(2):
        answer = client.post("/predict", json={**STONE, "model": "linear"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "damaged_version")
        assert "intervals.json" in answer.json()["error"]["message"]
        assert "diamonds import-version" in answer.json()["error"]["message"]


def test_two_rollbacks_at_once_go_back_once(client: httpx.Client, xgboost: Version) -> None:
    copied(store.get(xgboost.tag), "twin")
    store.promote(xgboost.tag, "another promotion to go back to")
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            store.promote("diamonds-xgboost:twin", "to be rolled back")
            before = len(client.get("/promotions").json()["promotions"])
            body = {"version": "diamonds-xgboost:twin"}
            calls = [pool.submit(client.post, "/promotions/rollback", json=body) for _ in range(2)]

            assert sorted(call.result().status_code for call in calls) == [200, 409]
            promotions = client.get("/promotions").json()["promotions"]
            assert (len(promotions), promotions[0]["version"]) == (before + 1, xgboost.tag)


def test_without_any_whole_champion_it_says_which_is_refused_and_why(tmp_path: Path, linear: Version) -> None:
    with model_store_in(tmp_path / "bentoml"):
        copy_into(tmp_path / "bentoml", linear)
        tag = promote_damaged(linear.tag, "coefficients.json", cut)
        models = LoadedModels()
        models.refresh()

        with pytest.raises(ApiError) as refusal:
            _ = models.champion
    assert (refusal.value.status, refusal.value.code) == (503, "damaged_version")
    assert f"coefficients.json of {tag}" in refusal.value.message
    assert f"diamonds promote {linear.tag} --force" in refusal.value.message
