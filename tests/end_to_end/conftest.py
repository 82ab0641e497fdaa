"""The product as it is after a first training: versions in the model store, a service, a database."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from diamonds import database
from diamonds.versions import store
from diamonds.versions.version import Version
from flows.train import train
from tests.bento_service.serving import serving
from tests.conftest import model_store_in
from tests.end_to_end.client import Client
from tests.prefect_server import serving_prefect
from tests.processes import free_port

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
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    folder.chmod(0o777)
    port = free_port()
    data = str(folder / "data")
    _as_postgres("initdb", "-D", data, "-U", "diamonds", "--auth=trust", "--encoding=UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    _as_postgres("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    yield f"postgresql://diamonds@127.0.0.1:{port}/postgres"
    _as_postgres("pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def _as_postgres(program: str, *arguments: str) -> None:
    # Postgres refuses to run as root; Debian's package brings a user for it.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run(
        [*user, _newest(program), *arguments], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )


def _newest(program: str) -> str:
    """The path of a server program: Debian has those of each version in a folder, which is not on PATH."""
    paths = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(paths[-1]) if paths else program


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
