"""Thousands of clients that send slowly, or nothing, cost little memory and hold up nobody."""

import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.bento_service.raw_client import connected, post
from tests.faults.conftest import Scene, workers
from tests.faults.hostile_requests import STONE
from tests.faults.load import SEED, load
from tests.faults.test_faults import judge
from tests.processes import wait_until

SLOW_CLIENTS = 2_000
STARTS = (
    b"",
    b"POST /predict HTTP/1.1\r\nHost: localhost\r\n",
    *(2 * [post("/predict", b"{", declared=100)]),
)
MOST_MEMORY = 100_000_000


@pytest.mark.slow
def test_thousands_of_slow_clients_cost_little_memory_and_others_are_answered_as_before(scene: Scene) -> None:
    settings = {"DIAMONDS_SERVICE_WORKERS": "1", "DIAMONDS_REQUEST_TIMEOUT_SECONDS": "30"}
    with many_files(), scene.service(**settings) as running, ExitStack() as opened:
        before = median_ms(running.url)
        (worker,) = workers()
        memory, files = worker.memory_info().rss, worker.num_fds()
        for number in range(SLOW_CLIENTS):
            slow = opened.enter_context(connected(running.url))
            slow.sendall(STARTS[number % len(STARTS)])
        wait_until(lambda: worker.num_fds() >= files + SLOW_CLIENTS)
        meanwhile = median_ms(running.url)
        cost = worker.memory_info().rss - memory
        with load(running.url, SEED) as clients:
            time.sleep(3)
        wait_until(lambda: worker.num_fds() < files + 20, within_s=120)
        wait_until(lambda: late(scene) >= SLOW_CLIENTS / 2, details=lambda: f"{late(scene)} were late")
        judge(f"{SLOW_CLIENTS} slow clients", clients, scene)
    print(  # noqa: T201 - the summary that the test is for
        f"\n{SLOW_CLIENTS} slow clients: {cost / 1e6:.1f} MB, median of quotes {before:.1f} ms before, "
        f"{meanwhile:.1f} ms meanwhile"
    )
    assert cost < MOST_MEMORY


@contextmanager
def many_files() -> Iterator[None]:
    """Lets this process, and those that it starts, open enough files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def median_ms(url: str) -> float:
    """Of 50 quotes, each of which is answered."""
    with httpx.Client(base_url=url, timeout=60) as client:
        return sorted(milliseconds(client) for _ in range(50))[25]


def milliseconds(client: httpx.Client) -> float:
    started = time.perf_counter()
    client.post("/predict", json=STONE).raise_for_status()
    return (time.perf_counter() - started) * 1000


def late(scene: Scene) -> int:
    """How many requests are recorded as having arrived too late."""
    return scene.count("SELECT count(*) FROM exchanges WHERE status = 408")
