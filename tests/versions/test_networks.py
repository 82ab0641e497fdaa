"""Two hosts in networks of their own, one of them cut off, with one model store on S3 and one Postgres."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from diamonds.settings import PROJECT
from tests.postgres_server import Server, serving_postgres
from tests.processes import free_port, process, wait_until
from tests.versions.hosts import Host, host, s3, variables_of
from tests.versions.networks import CENTRE, Network, networks

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
STORE = "s3://models/shared"


@dataclass(frozen=True, slots=True)
class Service:
    """A service on the loopback address of a network, which is asked from within."""

    network: Network
    port: int

    def ask(self, path: str, body: object = None) -> dict[str, Any]:
        """The JSON of a response to a GET, or to a POST with a body."""
        sent = [] if body is None else ["--json", json.dumps(body)]
        curl = ["curl", "-sS", "--max-time", "60", *sent, f"http://127.0.0.1:{self.port}{path}"]
        done = subprocess.run([*self.network.inside, *curl], check=True, capture_output=True, text=True)
        return dict(json.loads(done.stdout))

    def answers(self) -> bool:
        try:
            return "champion" in self.ask("/readyz")
        except (subprocess.CalledProcessError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class Scene:
    """A host that promotes, a service on the other, and the engine of the database of both."""

    first: Host
    service: Service
    engine: sa.Engine

    def recorded(self) -> int:
        """How many exchanges of quotes are in the database, which the service makes the tables of."""
        if not sa.inspect(self.engine).has_table("exchanges"):
            return 0
        with self.engine.connect() as connection:
            query = "SELECT count(*) FROM exchanges WHERE path = '/predict'"
            return int(connection.exec_driver_sql(query).scalar_one())


@pytest.fixture
def scene(files: list[str], tmp_path: Path) -> Iterator[Scene]:
    with (
        networks(2) as (one, other),
        serving_postgres(CENTRE) as server,
        s3(tmp_path, free_port(), CENTRE) as url,
    ):
        shared = {"AWS_ENDPOINT_URL": url}
        engine = sa.create_engine(server.url(), poolclass=sa.NullPool)
        with host(tmp_path / "first", STORE, one.inside, **shared) as first:
            first.ask("promote", first.ask("import", files[0]))
            with serving(other, tmp_path, {**shared, "DIAMONDS_DATABASE_URL": _from_afar(server)}) as service:
                yield Scene(first, service, engine)


def _from_afar(server: Server) -> str:
    return server.url().replace("127.0.0.1", CENTRE)


@contextmanager
def serving(network: Network, folder: Path, environment: dict[str, str]) -> Iterator[Service]:
    home, port = folder / "second", free_port()
    (home / "models").mkdir(parents=True)
    variables = {**variables_of(home, STORE), **environment, "DIAMONDS_HOME": str(home)}
    where = ["--host", "127.0.0.1", "--port", str(port)]
    serve = [*network.inside, sys.executable, "-m", "bentoml", "serve", str(PROJECT), *where]
    with process(serve, folder / "service.log", variables):
        service = Service(network, port)
        wait_until(service.answers, details=(folder / "service.log").read_text)
        yield service


@pytest.mark.slow
def test_a_host_that_is_cut_off_quotes_and_records_on_and_both_catch_up_once_it_is_back(
    scene: Scene, files: list[str]
) -> None:
    first, service = scene.first, scene.service
    linear = first.ask("champion")
    xgboost = first.ask("import", files[1])
    assert _quoting_version(service) == linear

    start = time.monotonic()
    first.ask("promote", xgboost)
    wait_until(lambda: _quoting_version(service) == xgboost)
    seconds = time.monotonic() - start
    print(f"The other host quotes with what is promoted after {seconds:.1f} s")  # noqa: T201 - for pytest -s

    wait_until(lambda: scene.recorded() >= 2)
    service.network.cut_off()
    before = scene.recorded()
    first.ask("promote", linear)
    wait_until(lambda: not service.ask("/readyz")["shared_store"]["answers"])
    quoted = [_quoting_version(service) for _ in range(3)]
    assert quoted == [xgboost] * 3
    assert scene.recorded() == before

    service.network.connect()
    wait_until(lambda: _quoting_version(service) == linear)
    wait_until(lambda: scene.recorded() >= before + len(quoted))
    assert service.ask("/readyz")["shared_store"]["answers"]


def _quoting_version(service: Service) -> str:
    return str(service.ask("/predict", STONE)["version"])
