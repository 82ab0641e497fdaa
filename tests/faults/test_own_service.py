"""Whatever happens to a service of its own: once a client has its answer, the exchange is in Postgres."""

import shutil
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests import fresh_connections
from tests.disks import mounted
from tests.faults.conftest import Scene, shippers, workers
from tests.faults.load import SEED, load
from tests.faults.test_faults import judge, metric, ready_answers
from tests.processes import wait_until


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
def test_no_exchange_is_lost_or_doubled_when_the_journals_disk_is_full(scene: Scene) -> None:
    disk = mounted(scene.folder / "journal", "-t", "tmpfs", "-o", "size=4m", "tmpfs")
    with disk, scene.service() as running:
        with load(running.url, SEED) as clients:
            time.sleep(1)
            scene.postgres.stop()
            fill(scene.folder / "journal")
            time.sleep(4)
            # One worker may have all of the clients: the other's journal is not full then.
            wait_until(lambda: any(map(reports_journal, ready_answers(running.url))))
            scene.postgres.start()
            clients.fault_ended_at = time.time()
        judge("the journal's disk is full", clients, scene)


@pytest.mark.slow
def test_metrics_tell_how_the_shippers_fare(scene: Scene) -> None:
    stone = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
    with scene.service() as running:
        fresh_connections.post(f"{running.url}/predict", json=stone).raise_for_status()
        wait_until(lambda: metric(running.url, "shipped_total") == 1)
        assert metric(running.url, "oldest_unshipped_seconds") == 0
        scene.postgres.stop()
        fresh_connections.post(f"{running.url}/predict", json=stone).raise_for_status()
        wait_until(lambda: metric(running.url, "oldest_unshipped_seconds") > 0)
        assert metric(running.url, "retried_total") > 0
        scene.postgres.start()
        for shipper in shippers():
            shipper.kill()  # its gauges go with it
        wait_until(lambda: metric(running.url, "shipped_total") == 2)
        wait_until(lambda: metric(running.url, "oldest_unshipped_seconds") == 0)


def reports_journal(ready: httpx.Response) -> bool:
    return "journal: " in ready.headers["X-Recording"]


def fill(folder: Path) -> None:
    """Leaves no byte of the disk free, however fast others write meanwhile."""
    with (folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while free := shutil.disk_usage(folder).free:
            ballast.write(b"0" * free)
