"""The product as it is after a first training: versions in the model store, a service, a database."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from diamonds import database
from diamonds.versions import store
from diamonds.versions.version import Version
from flows.train import train
from tests.bento_service.serving import serving
from tests.conftest import model_store_in
from tests.end_to_end.client import Client
from tests.postgres_server import serving_postgres
from tests.prefect_server import serving_prefect

MODELS = ["linear", "xgboost"]


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Version]]:
    """The versions and the champion, after one run of the flow on the real data and into an empty store."""
    with model_store_in(tmp_path_factory.mktemp("product") / "bentoml"):
        with serving_prefect(tmp_path_factory.mktemp("server")):
            train(models=MODELS, trials=1, return_state=True)
        newest = {name: store.versions(name)[0] for name in MODELS}
        champion = store.champion()
        assert champion is not None
        yield {**newest, "champion": champion}


@pytest.fixture(scope="package")
def postgres_url() -> Iterator[str]:
    """A database of the machine's own Postgres server, started on a free port for these tests alone."""
    with serving_postgres() as server:
        yield server.url(scheme="postgresql")


@pytest.fixture(scope="package", params=["embedded", "external"])
def environment(request: pytest.FixtureRequest, trained: dict[str, Version]) -> dict[str, str]:
    """The variables of a service on the embedded Postgres, and of one on an external server."""
    if request.param == "embedded":
        return {}
    return {"DIAMONDS_DATABASE_URL": request.getfixturevalue("postgres_url")}


@pytest.fixture(scope="package")
def client(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    log = tmp_path_factory.mktemp("service") / "log"
    with serving(log, environment=environment, until="/readyz") as running, running.client() as http:
        yield Client(http)


@pytest.fixture(scope="package")
def engine(environment: dict[str, str]) -> Iterator[sa.Engine]:
    url = environment.get("DIAMONDS_DATABASE_URL")
    engine = sa.create_engine(database.with_driver(url) if url else database.database_url())
    yield engine
    engine.dispose()
