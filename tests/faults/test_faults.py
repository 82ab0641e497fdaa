"""Whatever is killed, cut or full: once a client has its answer, the exchange is in Postgres exactly once."""

import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.faults.changed_postgres import (
    errors_of_each_class_are_raised,
    postgres_fails_over_to_its_standby,
    postgres_is_read_only,
    the_password_is_changed,
    the_right_to_insert_is_taken_away,
)
from tests.faults.conftest import Scene, shippers, workers
from tests.faults.load import SEED, Load, load
from tests.processes import wait_until

Fault = Callable[[Scene, random.Random], None]


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
def test_no_exchange_is_lost_or_doubled_when(scene: Scene, fault: Fault) -> None:
    with scene.service() as running:
        with load(running.url, SEED) as clients:
            time.sleep(1)
            fault(scene, random.Random(SEED))
            clients.fault_ended_at = time.time()
            time.sleep(1)
        judge(fault.__name__, clients, scene)


@pytest.mark.slow
def test_no_exchange_is_lost_or_doubled_when_the_service_is_stopped_under_load(scene: Scene) -> None:
    with scene.service() as running, load(running.url, SEED) as clients:
        time.sleep(2)
        for worker in workers():
            worker.parent().terminate()
        psutil.wait_procs([*workers(), *shippers()], timeout=60)
        assert shippers() == []
    judge("the service is stopped", clients, scene)


@pytest.mark.slow
def test_what_a_killed_worker_was_answering_is_in_postgres_without_a_status(scene: Scene) -> None:
    stone = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
    body = json.dumps({"diamonds": [stone] * 50_000})
    with scene.service() as running, ThreadPoolExecutor() as threads:
        address = f"{running.url}/predict_batch?cut=off"
        headers = {"content-type": "application/json"}
        answer = threads.submit(httpx.post, address, content=body, headers=headers, timeout=60)
        wait_until(lambda: any(b"cut=off" in path.read_bytes() for path in scene.folder.rglob("*.frames")))
        for worker in workers():
            worker.kill()
        assert isinstance(answer.exception(), httpx.TransportError)
        wait_until(lambda: cut_off(scene) == [(None, None)])


def cut_off(scene: Scene) -> list[tuple[int | None, float | None]]:
    with scene.engine.connect() as connection:
        query = "SELECT status, duration_ms FROM exchanges WHERE query = 'cut=off'"
        return [(status, duration_ms) for status, duration_ms in connection.exec_driver_sql(query)]


@pytest.mark.slow
def test_no_exchange_is_lost_or_doubled_when_the_journals_disk_is_full(scene: Scene) -> None:
    with small_disk(scene.folder / "journal"), scene.service() as running:
        with load(running.url, SEED) as clients:
            time.sleep(1)
            scene.postgres.stop()
            fill(scene.folder / "journal")
            time.sleep(4)
            told = {ready.headers["X-Recording"] for ready in ready_answers(running.url)}
            scene.postgres.start()
            clients.fault_ended_at = time.time()
        assert any("journal: " in each for each in told)
        judge("the journal's disk is full", clients, scene)


@pytest.mark.slow
def test_metrics_tell_how_the_shippers_fare(scene: Scene) -> None:
    stone = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
    with scene.service() as running:
        httpx.post(f"{running.url}/predict", json=stone, timeout=60).raise_for_status()
        wait_until(lambda: metric(running.url, "shipped_total") == 1)
        assert metric(running.url, "oldest_unshipped_seconds") == 0
        scene.postgres.stop()
        httpx.post(f"{running.url}/predict", json=stone, timeout=60).raise_for_status()
        wait_until(lambda: metric(running.url, "oldest_unshipped_seconds") > 0)
        assert metric(running.url, "retried_total") > 0
        scene.postgres.start()
        for shipper in shippers():
            shipper.kill()  # its gauges go with it
        wait_until(lambda: metric(running.url, "shipped_total") == 2)
        wait_until(lambda: metric(running.url, "oldest_unshipped_seconds") == 0)


def metric(url: str, name: str) -> float:
    lines = httpx.get(f"{url}/metrics", timeout=60).text.splitlines()
    values = [line.split()[-1] for line in lines if line.startswith(f"diamonds_exchanges_{name}")]
    return float(values[0]) if values else -1.0


def ready_answers(url: str) -> list[httpx.Response]:
    return [httpx.get(f"{url}/readyz", timeout=60) for _ in range(10)]


def judge(fault: str, clients: Load, scene: Scene) -> None:
    verdict = clients.verdict(scene.engine, within_s=120)
    scene.report(fault, verdict)
    assert verdict.answers > 100
    assert (verdict.lost, verdict.doubled, verdict.differing) == (0, 0, 0)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]).returncode != 0:
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leaves no byte of the disk free, however fast others write meanwhile."""
    with (folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while free := shutil.disk_usage(folder).free:
            ballast.write(b"0" * free)
