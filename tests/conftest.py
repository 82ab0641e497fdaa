"""Isolates tests from the user's models, database and Prefect, and has the fixtures of several rooms."""

import atexit
import gc
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.remote import Producer

from diamonds.settings import PROJECT
from tests.schedule import GroupScheduling, rank_of

if TYPE_CHECKING:
    from diamonds.dataset import Dataset
    from diamonds.versions.version import Version


def pytest_configure(config: pytest.Config) -> None:
    """Sets all home folders to a temporary one, before any module reads their environment variables."""
    # make's own variables would change the output of a make that a test starts.
    ours = ("DIAMONDS_", "PREFECT_", "BENTOML_", "MAKE", "MFLAGS")
    for name in [name for name in os.environ if name.startswith(ours) and name != "DIAMONDS_FAULT_SEED"]:
        del os.environ[name]
    # Without stored bytecode, the processes that tests start would spend most of their time compiling.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    home = Path(tempfile.mkdtemp(prefix="diamonds-tests-"))
    # Registered first, so it runs last, when all that tests started has ended.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ |= {
        "DIAMONDS_HOME": str(home / "diamonds"),
        "DIAMONDS_DATA_FOLDERS": json.dumps([tempfile.gettempdir()]),
        "BENTOML_HOME": str(home / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1",  # on a few stones the fastest, however busy the machine is
    }


def pytest_xdist_auto_num_workers() -> int:
    """Two processes more than the machine has cores, as many tests wait; each takes a gigabyte of memory."""
    return min((os.cpu_count() or 1) + 2, 6)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    return GroupScheduling(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names content by its argument: some has the time in it; all processes must collect the same names."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sorts the groups in which the processes of pytest-xdist run the tests."""
    if hasattr(config, "workerinput"):
        items.sort(key=rank_of)


def pytest_collection_finish() -> None:
    """Has the garbage collector pass over the modules and tests, which are there until the end."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Counts the tests that miss a browser in one line at the end."""
    from tests.browser import NO_CHROMIUM

    report = yield
    if isinstance(report.longrepr, tuple) and NO_CHROMIUM in report.longrepr[2]:
        report.longrepr = (__file__, 1, report.longrepr[2])
    return report


@pytest.fixture(scope="session")
def few_stones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file with every 27th of the real stones: 1,998, few enough to train on quickly."""
    lines = (PROJECT / "data" / "diamonds.csv").read_text().splitlines(keepends=True)
    file = tmp_path_factory.mktemp("data") / "few.csv"
    file.write_text("".join([lines[0], *lines[1::27]]))
    return file


@pytest.fixture(autouse=True)
def settings_of_each_test() -> Iterator[None]:
    """Has each test read the settings anew: one before may have changed their environment variables."""
    from diamonds.settings import settings

    yield
    settings.cache_clear()


@pytest.fixture
def market_of_few_stones(few_stones: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes the few stones the configured market, also of processes that are started."""
    from diamonds.settings import settings

    monkeypatch.setenv("DIAMONDS_DATA", str(few_stones))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def empty_database() -> Iterator[None]:
    """The embedded Postgres, migrated, with empty tables; no dead letters are left behind in it."""
    from diamonds.database import engine, migrate
    from diamonds.exchanges import create_partitions

    migrate()
    create_partitions()
    with engine().begin() as connection:
        connection.exec_driver_sql(
            "TRUNCATE exchanges, forgotten_exchanges, feedback, dead_letters, clock_sightings, "
            "monitor_reports, switch_changes"
        )
    yield
    with engine().begin() as connection:
        connection.exec_driver_sql("DELETE FROM dead_letters")


@pytest.fixture
def empty_model_store(tmp_path: Path) -> Iterator[Path]:
    """A model store without versions, for this test and the processes that it starts."""
    with model_store_in(tmp_path / "bentoml") as home:
        yield home


@contextmanager
def model_store_in(home: Path) -> Iterator[Path]:
    """Uses the model store under ``home`` within the context, also in processes that are started there."""
    from bentoml._internal.configuration.containers import BentoMLContainer
    from bentoml._internal.models import ModelStore

    (home / "models").mkdir(parents=True)
    before = BentoMLContainer.model_store.get()  # it reads BENTOML_HOME only once
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENTOML_HOME", str(home))
        BentoMLContainer.model_store.set(ModelStore(str(home / "models")))
        try:
            yield home
        finally:
            BentoMLContainer.model_store.set(before)


@pytest.fixture(scope="session")
def dataset(few_stones: Path) -> "Dataset":
    from diamonds.dataset import load_dataset

    return load_dataset(str(few_stones))


def _small(name: str, dataset: "Dataset", **parameters: float) -> "Version":
    from diamonds.models import ModelSpec, spec_named
    from diamonds.training.train import train_version

    spec = spec_named(name)
    defaults = {**(spec.defaults or {}), **parameters}
    untuned = ModelSpec(name=name, build=spec.build, load=spec.load, defaults=defaults)
    return train_version(untuned, dataset, trials=1, seed=0)


@pytest.fixture(scope="session")
def train_linear(dataset: "Dataset") -> Callable[[], "Version"]:
    """A function that trains a version of the linear model."""
    return lambda: _small("linear", dataset)


@pytest.fixture(scope="session")
def linear(train_linear: Callable[[], "Version"]) -> "Version":
    """A version of the linear model."""
    return train_linear()


@pytest.fixture(scope="session")
def xgboost(dataset: "Dataset") -> "Version":
    """A version of the xgboost model with few trees."""
    return _small("xgboost", dataset, n_estimators=50)


@pytest.fixture(scope="module")
def own_model_store(
    linear: "Version", xgboost: "Version", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A model store with both versions and no champion, for a module that promotes: others share theirs."""
    from tests.versions.damaging import copy_into

    with model_store_in(tmp_path_factory.mktemp("own") / "bentoml") as home:
        for version in (linear, xgboost):
            copy_into(home, version)
        yield home


@pytest.fixture(scope="session")
def real_dataset() -> "Dataset":
    """All the real stones, cleaned and split."""
    from diamonds.dataset import load_dataset

    return load_dataset(PROJECT / "data" / "diamonds.csv")
