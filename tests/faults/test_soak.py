"""Under a steady load behind a balancer, with promotions and restarts of Postgres, all stays as it is.

`make soak` takes 20 minutes (`SOAK_SECONDS`); the short form here finds what goes wrong at once.
"""

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from diamonds.versions import store
from tests.bento_service.nginx import behind_nginx, needs_nginx
from tests.faults.conftest import Scene, shippers, workers
from tests.faults.load import SEED, load

SECONDS = int(os.environ.get("SOAK_SECONDS", "12"))
SHARE_OF_HIGHEST = 0.7
CONNECTIONS = 8
STEPS = max(6, SECONDS // 60)  # a promotion at each, Postgres restarted at two of them
GROWTH = 1.1
"""By which factor the memory may grow after the first third."""
STONE = json.dumps({"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"})
SCRIPT = """
wrk.method, wrk.body, wrk.headers["content-type"] = "POST", [[{stone}]], "application/json"
function delay() return {delay_ms} end
"""


@pytest.mark.slow
@needs_nginx
def test_a_service_under_load_stays_as_it_is(scene: Scene, tmp_path: Path) -> None:
    with scene.service() as running, behind_nginx(running.url, tmp_path) as url:
        highest = rate_in(wrk(url, tmp_path, seconds=2))
        delay_ms = round(1000 * CONNECTIONS * (1 / SHARE_OF_HIGHEST - 1) / highest) or 1
        with load(url, SEED) as clients, steady_load(url, tmp_path, delay_ms) as outputs:
            sizes = [memory_after(step, scene) for step in range(STEPS)]
        (output,) = outputs
        verdict = clients.verdict(scene.engine, within_s=120)
    scene.report("a steady load behind a balancer", verdict)
    assert (verdict.lost, verdict.doubled, verdict.differing, verdict.unanswered) == (0, 0, 0, 0)
    assert {seen.status for seen in clients.seen} == {200, 400}
    assert "Non-2xx" not in output
    assert "Socket errors" not in output
    assert sizes[-1] < GROWTH * sizes[STEPS // 3], sizes


def memory_after(step: int, scene: Scene) -> int:
    """What the service takes in memory after a step: a promotion, and now and then a restart of Postgres."""
    store.promote(store_champion(), f"step {step} of the soak")
    if step in (STEPS // 3, 2 * STEPS // 3):
        scene.postgres.stop()
        scene.postgres.start()
    threading.Event().wait(SECONDS / STEPS)
    return sum(process.memory_info().rss for process in (*workers(), *shippers()))


def store_champion() -> str:
    version = store.champion()
    assert version is not None
    return version.tag


@contextmanager
def steady_load(url: str, folder: Path, delay_ms: int) -> Iterator[list[str]]:
    """A load within the context, whose output is in the list in the end."""
    outputs: list[str] = []
    running = threading.Thread(target=lambda: outputs.append(wrk(url, folder, SECONDS, delay_ms)))
    running.start()
    yield outputs
    running.join()


def wrk(url: str, folder: Path, seconds: int, delay_ms: int = 0) -> str:
    """The output of a load of quotes; with a delay, each connection pauses between two."""
    script = folder / f"wrk-{delay_ms}.lua"
    text = SCRIPT.format(stone=STONE, delay_ms=delay_ms)
    script.write_text(text if delay_ms else text.partition("function")[0])
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script)]
    return subprocess.run([*command, f"{url}/predict"], capture_output=True, text=True, check=True).stdout


def rate_in(output: str) -> float:
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", output)
    return float(rate)
