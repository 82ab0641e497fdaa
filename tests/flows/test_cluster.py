"""Trainings on a Dask cluster of two workers, each a process with a home of its own as on another machine."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from typer.testing import CliRunner

from diamonds.cli.app import app
from diamonds.dataset import Dataset
from diamonds.models import spec_named
from diamonds.models.features import matrix_of
from diamonds.models.xgboost import Boosting
from diamonds.settings import settings
from diamonds.training.elsewhere import OtherSetup, StoredDataset
from diamonds.training.train import train_version
from diamonds.versions import store
from diamonds.versions.version import Version
from flows.cluster import task_runner
from flows.train import train
from tests.conftest import model_store_in
from tests.processes import free_port
from tests.training.clusters import scheduler, wait_for_workers, worker

FEW_TREES = {
    **(spec_named("xgboost").defaults or {}),
    "n_estimators": 20,
    "max_depth": 5,
    "learning_rate": 0.3,
}

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scheduler with two workers, their folder, and the variables of the machines that use it."""

    address: str
    environment: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def cluster(few_stones: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder, port = tmp_path_factory.mktemp("cluster"), free_port()
    address = f"tcp://127.0.0.1:{port}"
    environment = {
        "DIAMONDS_DASK_SCHEDULER": address,
        "DIAMONDS_DASK_ROWS": "1000",
        "DIAMONDS_MODEL_STORE_URL": f"file://{folder}/shared",
        "DIAMONDS_DATA": str(few_stones),
    }
    with ExitStack() as stack:
        stack.enter_context(scheduler(port, folder / "scheduler.log"))
        for name in ("one", "two"):
            started = worker(address, folder / name, environment, "--preload", "flows.train")
            stack.enter_context(started)
        wait_for_workers(address, 2)
        yield Cluster(address, environment, folder)


@pytest.fixture
def on_cluster(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cluster]:
    """A machine that uses the cluster, with an empty model store."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    with model_store_in(tmp_path / "bentoml"):
        yield cluster
    settings.cache_clear()


def test_a_run_trains_on_the_workers_what_one_machine_trains(
    prefect_server: None, on_cluster: Cluster, few_stones: Path, dataset: Dataset, tmp_path: Path
) -> None:
    on_two = train.with_options(task_runner=task_runner())
    names = ["linear", "lightgbm"]

    start = time.monotonic()
    state = on_two(models=names, data=str(few_stones), trials=1, return_state=True)
    seconds = {"two workers": time.monotonic() - start}

    assert state.is_completed(), state.message
    trained = {name: store.versions(name)[0] for name in names}
    champion = store.champion()
    assert champion is not None
    assert champion.labels["source"] in {version.tag for version in trained.values()}
    with model_store_in(tmp_path / "alone"):
        start = time.monotonic()
        alone = {name: _trained_here(name, dataset) for name in names}
        seconds["one process"] = time.monotonic() - start
    for name in names:
        assert trained[name].labels["mae"] == alone[name].labels["mae"]
        of_two, of_one = (store.load(each[name]).predict(dataset.hold_out) for each in (trained, alone))
        np.testing.assert_array_equal(of_two, of_one)
    print({name: f"{value:.1f} s" for name, value in seconds.items()})  # noqa: T201 - to be read with -s


def _trained_here(name: str, dataset: Dataset) -> Version:
    return train_version(spec_named(name), dataset, trials=1, seed=0)


def test_the_command_line_trains_on_the_workers_as_well(on_cluster: Cluster) -> None:
    done = CliRunner().invoke(app, ["train", "--model", "linear", "--trials", "1", "--json", "--force"])

    assert done.exit_code == 0, done.output
    (version,) = json.loads(done.stdout)["versions"]
    place = version["version"].replace(":", "/")
    assert [*on_cluster.folder.glob(f"*/models/{place}")], "A worker has it in its own model store."
    assert store.get(version["version"])


def test_xgboost_learns_on_all_workers_as_well_as_on_one_machine(
    on_cluster: Cluster, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread = _error_of_xgboost(dataset)
    with Client(on_cluster.address, set_as_default=False) as client:
        from_a_worker = client.submit(partial(_error_of_xgboost, dataset)).result(timeout=120)
    monkeypatch.setenv("DIAMONDS_DASK_ROWS", "1000000")
    settings.cache_clear()
    alone = _error_of_xgboost(dataset)

    assert spread < 1.1 * alone  # of 370 stones
    assert from_a_worker == pytest.approx(spread, rel=0.01)  # bits differ by how workers sum


def _error_of_xgboost(dataset: Dataset) -> float:
    """The mean absolute error on the hold-out in USD of trees that stop early."""
    learned, unseen = (matrix_of(rows) for rows in (dataset.training, dataset.hold_out))
    prices, truth = (rows["price"].to_numpy("float64") for rows in (dataset.training, dataset.hold_out))
    estimator = Boosting(FEW_TREES, seed=0).fit_matrix(learned, prices, (unseen, truth))
    return float(np.abs(estimator.predict_matrix(unseen) - truth).mean())


def test_a_machine_with_other_settings_than_the_run_does_not_train(dataset: Dataset) -> None:
    with pytest.raises(OtherSetup, match="the same DIAMONDS_"):
        StoredDataset(dataset.fingerprint, "of another machine").load()
