"""The real service with two workers, on a Postgres that may be killed, behind a proxy that may cut."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from diamonds.versions import store
from diamonds.versions.version import Version
from tests.bento_service.serving import Running, serving
from tests.faults.proxy import Proxy
from tests.faults.report import Report
from tests.postgres_server import PASSWORD, SERVICE, Server, serving_postgres


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a fault takes place; ``folder`` is the service's DIAMONDS_HOME."""

    postgres: Server
    proxy: Proxy
    engine: sa.Engine
    folder: Path
    report: Report

    @contextmanager
    def service(self, **settings: str) -> Iterator[Running]:
        """The service, started anew on the same journals and database, and the tables there."""
        environment = {"DIAMONDS_SERVICE_WORKERS": "2", **self.environment(), **settings}
        with serving(self.folder / "log", environment=environment, until="/readyz") as running:
            with running.client() as client:
                client.get("/exchanges", timeout=60).raise_for_status()
            yield running

    def environment(self) -> dict[str, str]:
        """The environment of the service's processes."""
        url = self.postgres.url(self.proxy.port, f"{SERVICE}:{PASSWORD}")
        return {"DIAMONDS_DATABASE_URL": url, "DIAMONDS_HOME": str(self.folder)}

    def sql(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def count(self, query: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    def configure(self, setting: str) -> None:
        """Changes a setting of the server while it runs."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"ALTER SYSTEM {setting}")
            connection.exec_driver_sql("SELECT pg_reload_conf()")


def workers() -> list[psutil.Process]:
    """The service's worker processes; the supervisor and its helpers are none."""
    return _processes_of("_bentoml_impl.worker.service")


def shippers() -> list[psutil.Process]:
    """The workers' shippers."""
    return _processes_of("diamonds.exchanges.shipping")


def _processes_of(module: str) -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):  # it has just ended
            if module in " ".join(process.cmdline()) and _has_own_home(process):
                found.append(process)
    return found


def _has_own_home(process: psutil.Process) -> bool:
    """Whether it belongs to a scene: the service that other tests share has the home of them all."""
    return bool(process.environ().get("DIAMONDS_HOME") != os.environ["DIAMONDS_HOME"])


@pytest.fixture(scope="module")
def champion(own_model_store: Path, linear: Version) -> None:
    store.promote(linear.tag, "the faults' champion")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with serving_postgres() as server:
        with sa.create_engine(server.url(), poolclass=sa.NullPool).begin() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {SERVICE} LOGIN PASSWORD '{PASSWORD}'")
        yield server


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    return Report(record_property)


@pytest.fixture
def scene(champion: None, postgres: Server, tmp_path: Path, report: Report) -> Iterator[Scene]:
    with scene_in(tmp_path, postgres, report) as scene:
        yield scene


@contextmanager
def scene_in(folder: Path, postgres: Server, report: Report) -> Iterator[Scene]:
    """A scene on an empty database, which one at a time may have."""
    writable = {"options": "-c default_transaction_read_only=off"}
    engine = sa.create_engine(postgres.url(), pool_pre_ping=True, connect_args=writable)
    scene = Scene(postgres, Proxy(postgres.port), engine, folder, report)
    scene.sql("DROP SCHEMA public CASCADE", f"CREATE SCHEMA public AUTHORIZATION {SERVICE}")
    yield scene
    scene.proxy.close()
    engine.dispose()
