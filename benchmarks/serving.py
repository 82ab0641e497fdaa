"""Compares the service with a peer, by turns, on one machine: wrk asks both for quotes of varied stones.

    python -m benchmarks.serving PEERS_FOLDER [--rounds 3] [--seconds 5]

The folder has `fastapi_xgboost.py`, a FastAPI service (`pip install fastapi uvicorn`). Both store what they
answer in one Postgres, each has one worker, and the model store must have a champion. Needs `wrk`.
"""

import argparse
import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from diamonds.database import database_url, running
from diamonds.dataset import load_dataset
from diamonds.diamond import FEATURES
from diamonds.models.features import matrix_of
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import PROJECT, settings
from diamonds.versions import store

CONNECTIONS = (1, 16, 64)
BATCH = 10_000
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured: requests a second, and quantiles of the latency in seconds."""

    rate: float
    p50: float
    p99: float


def measure(url: str, script: Path, connections: int, seconds: int) -> Load:
    """Loads ``url`` for some seconds; an answer that is no 200 ends the benchmark."""
    threads = f"-c{connections} -d{seconds}s --latency --timeout 10s".split()
    command = ["wrk", "-t1", *threads, "-s", str(script), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(text)
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", text)[0])
    return Load(rate, _seconds(text, 50), _seconds(text, 99))


def _found(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"wrk said:\n{text}")
    return match.groups()


def _seconds(text: str, percent: int) -> float:
    number, unit = _found(rf"\b{percent}%\s+([\d.]+)(us|ms|s)", text)
    return float(number) * _SECONDS[unit]


def median(loads: list[Load]) -> Load:
    columns = zip(*((load.rate, load.p50, load.p99) for load in loads), strict=True)
    return Load(*(statistics.median(column) for column in columns))


def stones() -> list[dict[str, object]]:
    """Stones that neither side has learned from our split's training rows."""
    frame = load_dataset(settings().data).hold_out[list(FEATURES)].dropna().head(1000)
    found: list[dict[str, object]] = json.loads(frame.to_json(orient="records"))
    return found


def wrk_script(folder: Path) -> Path:
    bodies = ",\n".join(f"[==[{json.dumps(stone)}]==]" for stone in stones())
    script = folder / "stones.lua"
    script.write_text(
        f"local bodies = {{{bodies}}}\nlocal next = 0\n"
        "function request()\n  next = next % #bodies + 1\n"
        '  return wrk.format("POST", nil, {["content-type"] = "application/json"}, bodies[next])\nend\n'
    )
    return script


@contextlib.contextmanager
def server(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[str]:
    """The server's address, once it answers /readyz; its port is appended to the command."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / f"log-{port}").open("wb") as log:
        process = subprocess.Popen(
            [*command, str(port)], cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/readyz").status_code == httpx.codes.OK:
                    break
            if process.poll() is not None:
                raise SystemExit(f"{command} ended:\n{(folder / f'log-{port}').read_text()}")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def peer(peers: Path, folder: Path) -> contextlib.AbstractContextManager[str]:
    model = folder / "peer.ubj"
    subprocess.run(
        [sys.executable, str(peers / "fastapi_xgboost.py"), "train", str(model), str(settings().data)],
        check=True,
    )
    environment = {"PEER_MODEL": str(model), "PEER_DATABASE_URL": database_url(), "PYTHONPATH": str(peers)}
    uvicorn = [sys.executable, "-m", "uvicorn", "fastapi_xgboost:app", "--no-access-log", "--port"]
    return server(uvicorn, environment, folder)


def ours(folder: Path) -> contextlib.AbstractContextManager[str]:
    bentoml = [sys.executable, "-m", "bentoml", "serve", str(PROJECT), "--host", "127.0.0.1", "--port"]
    return server(bentoml, {"DIAMONDS_DATABASE_URL": database_url()}, folder)


def compare_loads(peer_url: str, our_url: str, script: Path, rounds: int, seconds: int) -> None:
    print(f"{'connections':>11} {'peer/s':>8} {'ours/s':>8} {'ratio':>6}   {'p50 ms':>13}   {'p99 ms':>13}")
    for connections in CONNECTIONS:
        theirs, own = [], []
        for _ in range(rounds):
            theirs.append(measure(f"{peer_url}/predict", script, connections, seconds))
            own.append(measure(f"{our_url}/predict", script, connections, seconds))
        them, us = median(theirs), median(own)
        print(
            f"{connections:>11} {them.rate:>8.0f} {us.rate:>8.0f} {us.rate / them.rate:>6.1f}   "
            f"{them.p50 * 1e3:>5.1f} / {us.p50 * 1e3:<5.1f}   {them.p99 * 1e3:>5.1f} / {us.p99 * 1e3:<5.1f}"
        )


def compare_batches(our_url: str, rounds: int) -> None:
    """A batch over HTTP against the champion's own speed, on all cores too, on a matrix that is ready."""
    version = store.champion()
    if version is None:
        raise SystemExit("The model store has no champion; train one first.")
    pricer = load_pricer(version)
    frame = load_dataset(settings().data).training.head(BATCH)
    rows = matrix_of(frame)
    body = json.dumps({"diamonds": json.loads(frame[list(FEATURES)].to_json(orient="records"))}).encode()
    own, served = [], []
    with httpx.Client(timeout=60) as client:
        for _ in range(3 * rounds):
            own.append(_timed(lambda: pricer.prices(rows)))
            served.append(_timed(lambda: _ask(client, f"{our_url}/predict_batch", body)))
    in_process, over_http = statistics.median(own), statistics.median(served)
    print(
        f"{BATCH:,} stones: in process {in_process * 1e3:.0f} ms, /predict_batch {over_http * 1e3:.0f} ms: "
        f"{in_process / over_http:.0%} of the model's own speed"
    )


def _ask(client: httpx.Client, url: str, body: bytes) -> None:
    client.post(url, content=body, headers={"content-type": "application/json"}).raise_for_status()


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peers", type=Path, help="The folder of the peer's fastapi_xgboost.py.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running():
        folder = Path(name)
        script = wrk_script(folder)
        with peer(given.peers.resolve(), folder) as peer_url, ours(folder) as our_url:
            compare_loads(peer_url, our_url, script, given.rounds, given.seconds)
            compare_batches(our_url, given.rounds)


if __name__ == "__main__":
    main()
