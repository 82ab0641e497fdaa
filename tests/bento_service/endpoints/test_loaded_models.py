"""A running service follows the champion, and refuses what is damaged."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import bentoml
import httpx
import pytest

from bento_service.endpoints.loaded_models import LoadedModels
from diamonds.database import running as database_running
from diamonds.dataset import Dataset
from diamonds.diamond import Diamond
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE, wait_for_version
from tests.bento_service.serving import Running, worker_serving
from tests.conftest import model_store_in
from tests.processes import wait_until
from tests.versions.damaging import copy_into


@pytest.mark.usefixtures("champion_restored")
def test_promotions_under_load_lose_no_request_and_mix_no_versions(
    service: Running, client: httpx.Client, linear: Version, xgboost: Version
) -> None:
    stones = [{**STONE, "carat": 0.3 + place / 100} for place in range(50)]
    prices = {version.tag: own_prices(version, stones) for version in (linear, xgboost)}
    promoted = Event()
    with ThreadPoolExecutor(4) as pool:
        hammering = [pool.submit(hammer, service, stones, prices, promoted) for _ in range(4)]
        try:
            for version in (linear, xgboost, linear):
                store.promote(version.tag, "under load")
                wait_for_version(version, client)
        finally:
            promoted.set()
        seen = [each.result() for each in hammering]
    assert set().union(*seen) == {linear.tag, xgboost.tag}


def test_each_look_finds_the_champion_and_there_is_one_each_half_second(
    tmp_path: Path, linear: Version, xgboost: Version
) -> None:
    with model_store_in(tmp_path / "bentoml") as home:
        for version in (linear, xgboost):
            copy_into(home, version)
        models = LoadedModels()
        for version in (linear, xgboost, linear):
            store.promote(version.tag, "to be found")
            models.refresh()
            assert models.champion.pricer.tag == version.tag
    assert settings().champion_check_seconds == 0.5


def own_prices(version: Version, stones: list[dict[str, Any]]) -> list[float]:
    return load_pricer(version).prices_usd([Diamond(**stone) for stone in stones])


def hammer(
    service: Running, stones: list[dict[str, Any]], prices: dict[str, list[float]], until: Event
) -> set[str]:
    """Asks until the event is set; each answer must be the price of the version that it names."""
    seen: set[str] = set()
    with service.client() as client:
        while not until.is_set():
            batch = client.post("/predict_batch", json={"diamonds": stones})
            assert [each["price"] for each in batch.json()["predictions"]] == prices[batch.json()["version"]]
            place = len(seen) % len(stones)
            quote = client.post("/predict", json=stones[place]).json()
            assert quote["price"] == prices[quote["version"]][place]
            seen |= {quote["version"], batch.json()["version"]}
    return seen


def spoil_file(folder: Path) -> None:
    with (folder / "similar.npy").open("r+b") as file:
        file.seek(-8, 2)
        file.write(b"\xff" * 8)


def lose_file(folder: Path) -> None:
    (folder / "intervals.json").unlink()


@pytest.mark.usefixtures("champion_restored")
@pytest.mark.parametrize("damage", [spoil_file, lose_file])
def test_a_damaged_champion_is_refused_once_and_the_old_one_goes_on(
    service: Running,
    client: httpx.Client,
    linear: Version,
    xgboost: Version,
    newer_linear: Callable[[], Version],
    damage: Callable[[Path], None],
) -> None:
    damaged = promoted_damaged(linear, damage)
    wait_until(lambda: f"Refused {damaged.tag}" in service.log.read_text())
    wait_until_checked_again(newer_linear(), client)
    assert client.post("/predict", json=STONE).json()["version"] == xgboost.tag
    assert client.get("/readyz").status_code == 200
    assert service.log.read_text().count(f"Refused {damaged.tag}") == 1


@pytest.mark.usefixtures("champion_restored")
def test_a_champion_that_was_seen_half_copied_is_taken_when_it_is_whole(
    service: Running, client: httpx.Client, linear: Version
) -> None:
    half = promoted_damaged(linear, lose_file)
    wait_until(lambda: f"Refused {half.tag}" in service.log.read_text())
    shutil.copy2(linear.folder / "intervals.json", half.folder)
    wait_for_version(linear, client)


def promoted_damaged(version: Version, damage: Callable[[Path], None]) -> Version:
    """A champion that came into the model store damaged."""
    labels = {**version.labels, "source": version.tag, "reason": "damaged on the way"}
    return copied(version, store.CHAMPION, labels, damage)


def copied(
    version: Version, name: str, labels: dict[str, str], change: Callable[[Path], object] = lambda _: None
) -> Version:
    """A copy of the version in the model store, under another name or tag."""
    with bentoml.models.create(name, labels=labels, metadata=dict(version.parameters)) as entry:
        yaml = shutil.ignore_patterns("model.yaml")
        shutil.copytree(version.folder, entry.path, dirs_exist_ok=True, ignore=yaml)
        change(Path(entry.path))
    return store.get(str(entry.tag))


@pytest.fixture
def newer_linear(linear: Version, client: httpx.Client) -> Iterator[Callable[[], Version]]:
    """Saves a newer version of the linear model when it is called; the test's end deletes it."""
    saved: list[Version] = []

    def save() -> Version:
        saved.append(copied(linear, "diamonds-linear", linear.labels))
        return saved[-1]

    client.post("/predict", json={**STONE, "model": "linear"}).raise_for_status()  # so that it is loaded
    yield save
    for version in saved:
        bentoml.models.delete(version.tag)
    wait_until_checked_again(linear, client)


def wait_until_checked_again(newest: Version, client: httpx.Client) -> None:
    """Waits until the service quotes with this version of its model, looked for after the champion."""
    stone = {**STONE, "model": newest.model}
    wait_until(lambda: client.post("/predict", json=stone).json()["version"] == newest.tag)


def test_without_a_champion_it_says_what_to_do_and_quotes_soon_after_the_first_promotion(
    empty_model_store: Path, dataset: Dataset, tmp_path: Path, train_linear: Callable[[], Version]
) -> None:
    with database_running(), worker_serving(tmp_path / "log") as service, service.client() as client:
        assert client.get("/readyz").status_code == 503
        for path, body in {
            "/predict": STONE,
            "/predict_batch": {"diamonds": [STONE]},
            "/similar": STONE,
        }.items():
            answer = client.post(path, json=body)
            assert answer.status_code == 503
            assert "`make train`" in answer.json()["error"]["message"]
        assert client.get("/models").json()["champion"] is None
        assert client.post("/predict", json={**STONE, "model": "linear"}).status_code == 404
        first = train_linear()
        store.promote(first.tag, "the first")
        wait_for_version(first, client)
        assert client.get("/readyz").status_code == 200
