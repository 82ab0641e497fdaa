"""Whatever is killed, cut or full: once a client has its answer, the exchange is in Postgres exactly once."""

import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import httpx
import psutil
import pytest

from tests import fresh_connections
from tests.faults.changed_postgres import (
    errors_of_each_class_are_raised,
    postgres_fails_over_to_its_standby,
    postgres_is_read_only,
    the_password_is_changed,
    the_right_to_insert_is_taken_away,
)
from tests.faults.conftest import Scene, scene_in, shippers, workers
from tests.faults.load import SEED, Load, load
from tests.faults.report import Report
from tests.postgres_server import Server
from tests.processes import wait_until

Fault = Callable[[Scene, random.Random], None]
Steady = tuple[Scene, str]


def postgres_is_killed(scene: Scene, random_: random.Random) -> None:
    for _ in range(3):
        time.sleep(random_.uniform(0.2, 1.0))
        scene.postgres.kill()
        scene.postgres.start()


def postgres_is_away_for_60_s(scene: Scene, _random: random.Random) -> None:
    scene.postgres.stop()
    time.sleep(60)
    scene.postgres.start()


def each_insert_takes_2_s(scene: Scene, _random: random.Random) -> None:
    scene.sql(
        "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN PERFORM pg_sleep(2); RETURN NULL; END'",
        "CREATE TRIGGER nap BEFORE INSERT ON exchanges FOR EACH STATEMENT EXECUTE FUNCTION nap()",
    )
    time.sleep(7)
    scene.sql("DROP TRIGGER nap ON exchanges", "DROP FUNCTION nap")


def the_reply_to_a_commit_is_cut_off(scene: Scene, _random: random.Random) -> None:
    scene.proxy.cuts = 5
    wait_until(lambda: scene.proxy.cuts == 0, details=lambda: "No COMMIT came by.")


def workers_are_killed(_scene: Scene, random_: random.Random) -> None:
    for _ in range(20):
        worker = random_.choice(some(workers))
        time.sleep(random_.uniform(0.2, 2.0))
        with suppress(psutil.NoSuchProcess):  # it was still ending from the kill before
            worker.kill()


def shippers_are_killed(_scene: Scene, random_: random.Random) -> None:
    for _ in range(20):
        shipper = random_.choice(some(shippers))
        time.sleep(random_.uniform(0.0, 1.0))
        shipper.kill()
        psutil.wait_procs([shipper], timeout=60)


def shippers_are_killed_with_their_workers(_scene: Scene, random_: random.Random) -> None:
    for _ in range(5):
        worker = random_.choice(some(workers))
        time.sleep(random_.uniform(0.2, 2.0))
        with suppress(psutil.NoSuchProcess):
            for process in (*worker.children(), worker):
                process.kill()


def some(processes: Callable[[], list[psutil.Process]]) -> list[psutil.Process]:
    """The processes, in the order in which they started, as soon as there is one again."""
    found = wait_until(processes, details=lambda: "None came back.")
    return sorted(found, key=lambda process: process.pid)


def the_table_is_locked(scene: Scene, _random: random.Random) -> None:
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE exchanges IN ACCESS EXCLUSIVE MODE")
        time.sleep(5)
    with scene.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM FULL exchanges")


@pytest.fixture(scope="module")
def steady(champion: None, postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steady]:
    """One service for all faults that it has to survive, one after the other."""
    unreported = Report(lambda _name, _value: None)
    folder = tmp_path_factory.mktemp("faults")
    with scene_in(folder, postgres, unreported) as scene, scene.service() as running:
        yield scene, running.url


@pytest.fixture
def recovered(steady: Steady, report: Report) -> Steady:
    """The scene and the service's URL, once both workers answer again after the fault before."""
    scene, url = steady
    wait_until(lambda: len(workers()) == 2)
    wait_until(lambda: {each.status_code for each in ready_answers(url)} == {200})
    return replace(scene, report=report), url


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        postgres_is_killed,
        postgres_is_away_for_60_s,
        each_insert_takes_2_s,
        the_reply_to_a_commit_is_cut_off,
        workers_are_killed,
        shippers_are_killed,
        shippers_are_killed_with_their_workers,
        the_table_is_locked,
        postgres_is_read_only,
        postgres_fails_over_to_its_standby,
        the_right_to_insert_is_taken_away,
        the_password_is_changed,
        errors_of_each_class_are_raised,
    ],
    ids=lambda fault: fault.__name__,
)
def test_no_exchange_is_lost_or_doubled_when(recovered: Steady, fault: Fault) -> None:
    scene, url = recovered
    with load(url, SEED) as clients:
        time.sleep(1)
        fault(scene, random.Random(SEED))
        clients.fault_ended_at = time.time()
        time.sleep(1)
    judge(fault.__name__, clients, scene)


@pytest.mark.slow
def test_what_a_killed_worker_was_answering_is_in_postgres_without_a_status(recovered: Steady) -> None:
    stone = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
    body = json.dumps({"diamonds": [stone] * 50_000})
    scene, url = recovered
    with ThreadPoolExecutor() as threads:
        address = f"{url}/predict_batch?cut=off"
        headers = {"content-type": "application/json"}
        answer = threads.submit(fresh_connections.post, address, content=body, headers=headers)
        wait_until(lambda: any(b"cut=off" in path.read_bytes() for path in scene.folder.rglob("*.frames")))
        for worker in workers():
            worker.kill()
        assert isinstance(answer.exception(), httpx.TransportError)
        wait_until(lambda: cut_off(scene) == [(None, None)])


def cut_off(scene: Scene) -> list[tuple[int | None, float | None]]:
    with scene.engine.connect() as connection:
        query = "SELECT status, duration_ms FROM exchanges WHERE query = 'cut=off'"
        return [(status, duration_ms) for status, duration_ms in connection.exec_driver_sql(query)]


def metric(url: str, name: str) -> float:
    lines = fresh_connections.get(f"{url}/metrics").text.splitlines()
    values = [line.split()[-1] for line in lines if line.startswith(f"diamonds_exchanges_{name}")]
    return float(values[0]) if values else -1.0


def ready_answers(url: str) -> list[httpx.Response]:
    return [fresh_connections.get(f"{url}/readyz") for _ in range(10)]


def judge(fault: str, clients: Load, scene: Scene) -> None:
    verdict = clients.verdict(scene.engine, within_s=120)
    scene.report(fault, verdict)
    assert verdict.answers > 100
    assert (verdict.lost, verdict.doubled, verdict.differing) == (0, 0, 0)
