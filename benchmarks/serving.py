"""Compares the service with a peer by turns on one machine: wrk requests quotes of many stones from both.

    python -m benchmarks.serving PEERS_FOLDER [--rounds 3] [--seconds 5]

The folder has `fastapi_xgboost.py`, a FastAPI service (`pip install fastapi uvicorn`). Both record their
exchanges in one Postgres, each has one worker, and the model store must have a champion. Needs `wrk`.
"""

import contextlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.command_line import parser_for
from benchmarks.timing import timed
from diamonds.database import database_url, running
from diamonds.dataset import load_dataset
from diamonds.diamond import FEATURES
from diamonds.models.features import matrix_of
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import PROJECT, settings
from diamonds.versions import store
from tests.processes import free_port, process

CONNECTIONS = (1, 16, 64)
BATCH = 10_000
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured: requests per second, and quantiles of the latency in seconds."""

    rate: float
    p50: float
    p99: float


def measure(url: str, script: Path, connections: int, seconds: int) -> Load:
    """Sends requests to ``url`` for some seconds; a response with an error status ends the benchmark."""
    threads = f"-c{connections} -d{seconds}s --latency --timeout 10s".split()
    command = ["wrk", "-t1", *threads, "-s", str(script), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(text)
    rate = float(_groups(r"Requests/sec:\s+([\d.]+)", text)[0])
    return Load(rate, _seconds(text, 50), _seconds(text, 99))


def _groups(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"The output of wrk is not as expected:\n{text}")
    return match.groups()


def _seconds(text: str, percent: int) -> float:
    number, unit = _groups(rf"\b{percent}%\s+([\d.]+)(us|ms|s)", text)
    return float(number) * _SECONDS[unit]


def median(loads: list[Load]) -> Load:
    columns = zip(*((load.rate, load.p50, load.p99) for load in loads), strict=True)
    return Load(*(statistics.median(column) for column in columns))


def stones() -> list[dict[str, object]]:
    """Stones of the hold-out, on which neither service was trained."""
    frame = load_dataset(settings().data).hold_out[list(FEATURES)].dropna().head(1000)
    records: list[dict[str, object]] = json.loads(frame.to_json(orient="records"))
    return records


def wrk_script(folder: Path, headers: Mapping[str, str] | None = None) -> Path:
    """A script of wrk that sends one stone after another, with these headers besides."""
    sent = {"content-type": "application/json", **(headers or {})}
    table = ", ".join(f'["{name}"] = "{value}"' for name, value in sent.items())
    bodies = ",\n".join(f"[==[{json.dumps(stone)}]==]" for stone in stones())
    script = folder / "stones.lua"
    script.write_text(
        f"local bodies = {{{bodies}}}\nlocal next = 0\n"
        "function request()\n  next = next % #bodies + 1\n"
        f'  return wrk.format("POST", nil, {{{table}}}, bodies[next])\nend\n'
    )
    return script


@contextlib.contextmanager
def server(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[str]:
    """The URL of a server once it is ready; its port is appended to the command."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", folder / f"log-{port}"
    with process([*command, str(port)], log, environment, folder=folder, until=f"{url}/readyz"):
        yield url


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
    """Compares a batch over HTTP with pricing its matrix in this process, both on all cores."""
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
            own.append(timed(lambda: pricer.prices(rows)))
            served.append(timed(lambda: _post(client, f"{our_url}/predict_batch", body)))
    in_process, over_http = statistics.median(own), statistics.median(served)
    print(
        f"{BATCH:,} stones: in process {in_process * 1e3:.0f} ms, /predict_batch {over_http * 1e3:.0f} ms: "
        f"{in_process / over_http:.0%} of the model's own speed"
    )


def _post(client: httpx.Client, url: str, body: bytes) -> None:
    client.post(url, content=body, headers={"content-type": "application/json"}).raise_for_status()


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("peers", type=Path, help="The folder of the peer's fastapi_xgboost.py.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running():
        folder = Path(name)
        script = wrk_script(folder)
        with peer(arguments.peers.resolve(), folder) as peer_url, ours(folder) as our_url:
            compare_loads(peer_url, our_url, script, arguments.rounds, arguments.seconds)
            compare_batches(our_url, arguments.rounds)


if __name__ == "__main__":
    main()
