"""The service, quoting with two small models."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from diamonds.database import migrate
from diamonds.database import running as database_running
from diamonds.versions import store, switches
from diamonds.versions.version import Version
from tests.bento_service.raw_client import Connect, connected
from tests.bento_service.serving import Running, worker_serving
from tests.processes import wait_until

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
WHOLE_STONE = {**STONE, "depth": 61.5, "table": 56, "x": 5.7, "y": 5.72, "z": 3.51}


@pytest.fixture(scope="session")
def _service(
    linear: Version, xgboost: Version, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    store.promote(xgboost.tag, "the tests' champion")
    log = tmp_path_factory.mktemp("service") / "log"
    with database_running():
        migrate()  # so that reading does not come too early
        with worker_serving(
            log, environment={"DIAMONDS_ALLOWED_HOSTS": "stones.example"}, until="/readyz"
        ) as running:
            yield running


@pytest.fixture(scope="module")
def service(_service: Running, xgboost: Version) -> Running:
    """The service with xgboost as champion, whatever other tests promoted, and linear beside it."""
    with _service.client() as client:
        if client.get("/models").json()["champion"]["version"] != xgboost.tag:
            store.promote(xgboost.tag, "the tests' champion")
            wait_for_version(xgboost, client)
    return _service


@pytest.fixture(scope="module")
def no_traceback(service: Running) -> Iterator[None]:
    """Fails when the tests of a module made the service log a traceback."""
    before = len(service.log.read_text())
    yield
    assert "Traceback" not in service.log.read_text()[before:]


@pytest.fixture
def client(service: Running, no_traceback: None) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


@pytest.fixture
def connect(url: str) -> Iterator[Connect]:
    """A function that opens a connection to the server of the module's ``url``; all are closed in the end."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(connected(url))


@pytest.fixture
def champion_restored(xgboost: Version, client: httpx.Client) -> Iterator[None]:
    """Makes xgboost the champion again after a test that promotes another version."""
    yield
    store.promote(xgboost.tag, "the tests' champion")
    wait_for_version(xgboost, client)


@pytest.fixture
def switches_resumed() -> Iterator[None]:
    """Leaves nothing paused after a test."""
    yield
    for switch in switches.Switch:
        switches.set_switch(switch, paused=False, by="tests", reason="")


def wait_for_version(version: Version, client: httpx.Client) -> None:
    """Waits until the service quotes with the version."""
    wait_until(
        lambda: client.post("/predict", json=STONE).json().get("version") == version.tag,
        details=lambda: f"{version.tag} never quoted",
    )
