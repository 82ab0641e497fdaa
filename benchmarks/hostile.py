"""Measures how long hostile bodies and queries hold up others: the slowest answer of /livez meanwhile.

    python -m benchmarks.hostile

One worker, with the champion of the model store and the database of the settings.
"""

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from benchmarks.steps import WHOLE, serving
from diamonds.database import running
from tests.bento_service.http.test_limits import BATCHES, BODIES, QUERIES

JSON = {"content-type": "application/json"}


def longest_wait(url: str, end: threading.Event) -> float:
    """The longest time in seconds that /livez takes to answer until the event is set."""
    longest_s = 0.0
    with httpx.Client(base_url=url, timeout=60) as client:
        client.get("/livez")  # connects
        while True:
            started = time.perf_counter()
            client.get("/livez")
            longest_s = max(longest_s, time.perf_counter() - started)
            if end.is_set():
                return longest_s


def measure(url: str, label: str, request: httpx.Request) -> None:
    end = threading.Event()
    with ThreadPoolExecutor(1) as pool, httpx.Client(timeout=60) as client:
        waiting = pool.submit(longest_wait, url, end)
        started = time.perf_counter()
        status = client.send(request).status_code
        took_s = time.perf_counter() - started
        end.set()
    print(f"{label:>36}: {status} in {took_s:.3f} s, others waited for {waiting.result():.3f} s at most")


def main() -> None:
    with tempfile.TemporaryDirectory() as name, running(), serving(WHOLE, Path(name)) as url:
        for path, bodies in (("/predict", BODIES), ("/predict_batch", BATCHES)):
            for label, (body, _) in bodies.items():
                measure(url, label, httpx.Request("POST", url + path, content=body, headers=JSON))
        for label, (query, _) in QUERIES.items():
            measure(url, label, httpx.Request("GET", f"{url}/comparison?{query}"))


if __name__ == "__main__":
    main()
