"""Compares the service with FastAPI and MLflow's scoring server: wrk requests quotes of many stones by turns.

    python -m benchmarks.serving [--rounds 3] [--seconds 5] [--peers fastapi mlflow]

All run at the same time, one worker each. Ours and FastAPI's record their exchanges in one Postgres, MLflow's
records nothing. The model store must have a champion. Needs `wrk`.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import httpx

from benchmarks.command_line import parser_for
from benchmarks.environments import python_with, version_in
from benchmarks.tables import print_header, print_row
from benchmarks.timing import timed
from benchmarks.wrk import BodyOf, as_it_is, measure, median, wrk_script
from diamonds.database import database_url, running
from diamonds.dataset import load_dataset
from diamonds.diamond import FEATURES
from diamonds.models.features import matrix_of
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import PROJECT, settings
from diamonds.versions import store
from diamonds.versions.version import Version
from tests.processes import free_port, process

CONNECTIONS = (1, 16, 64)
BATCH = 10_000
XGBOOST = ("xgboost; sys_platform == 'darwin'", "xgboost-cpu; sys_platform != 'darwin'")
MLFLOW = ("mlflow", "scikit-learn", *XGBOOST)


@dataclass(frozen=True, slots=True)
class Contender:
    """A service that runs, and the script of wrk that speaks its language."""

    name: str
    url: str
    script: Path
    seconds_to_start: float


@contextlib.contextmanager
def server(
    command: list[str], environment: dict[str, str], folder: Path, ready: str = "/readyz"
) -> Iterator[str]:
    """The URL of a server once it is ready; its port is appended to the command."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", folder / f"log-{port}"
    with process([*command, str(port)], log, environment, folder=folder, until=f"{url}{ready}"):
        yield url


@contextlib.contextmanager
def contender(
    name: str, server: AbstractContextManager[str], folder: Path, path: str, body_of: BodyOf = as_it_is
) -> Iterator[Contender]:
    """Starts a server whose ``path`` quotes stones."""
    started = time.perf_counter()
    with server as url:
        seconds = time.perf_counter() - started
        yield Contender(name, f"{url}{path}", wrk_script(folder, body_of=body_of), seconds)


def ours(folder: Path) -> AbstractContextManager[Contender]:
    """This service with the champion of the model store."""
    bentoml = [sys.executable, "-m", "bentoml", "serve", str(PROJECT), "--host", "127.0.0.1", "--port"]
    started = server(bentoml, {"DIAMONDS_DATABASE_URL": database_url()}, folder)
    return contender(f"ours, {champion().model}", started, folder, "/predict")


def champion() -> Version:
    present = store.champion()
    if present is None:
        raise SystemExit("The model store has no champion; train one first.")
    return present


def fastapi(folder: Path) -> AbstractContextManager[Contender]:
    """FastAPI with XGBoost and an INSERT for each request."""
    model = folder / "peer.ubj"
    module = "benchmarks.peers.fastapi_service"
    subprocess.run([sys.executable, "-m", module, settings().data, str(model)], check=True, cwd=PROJECT)
    environment = {"PEER_MODEL": str(model), "PEER_DATABASE_URL": database_url(), "PYTHONPATH": str(PROJECT)}
    uvicorn = [sys.executable, "-m", "uvicorn", "--factory", f"{module}:service", "--no-access-log", "--port"]
    name = f"FastAPI {version('fastapi')}"
    return contender(name, server(uvicorn, environment, folder), folder, "/predict")


def mlflow(folder: Path) -> AbstractContextManager[Contender]:
    """MLflow's scoring server with the same trees in a pipeline, in an environment of its own."""
    python, model = python_with("mlflow", *MLFLOW), Path(tempfile.mkdtemp(dir=folder)) / "model"
    module = "benchmarks.peers.mlflow_model"
    subprocess.run([python, "-m", module, settings().data, str(model)], check=True, cwd=PROJECT)
    environment = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}  # it starts uvicorn by name
    options = ["--env-manager", "local", "--host", "127.0.0.1", "--port"]
    serve = [str(python), "-m", "mlflow", "models", "serve", "-m", str(model), *options]
    started, name = server(serve, environment, folder, "/ping"), f"MLflow {version_in(python, 'mlflow')}"
    return contender(name, started, folder, "/invocations", lambda stone: {"dataframe_records": [stone]})


PEERS = {"fastapi": fastapi, "mlflow": mlflow}


def compare_loads(contenders: list[Contender], rounds: int, seconds: int) -> None:
    """Prints what each reaches; the last one is ours, which the others are compared with."""
    columns = ("connections", "service", "requests/s", "ours is faster by", "p50, ms", "p99, ms")
    print_header(*columns, text=2)
    for connections in CONNECTIONS:
        turns = [
            [measure(each.url, each.script, connections, seconds) for each in contenders]
            for _ in range(rounds)
        ]
        loads = [median(list(column)) for column in zip(*turns, strict=True)]
        for contender, load in zip(contenders, loads, strict=True):
            ratio = None if load is loads[-1] else f"{loads[-1].rate / load.rate:.1f} times"
            times = f"{load.p50 * 1e3:.1f}", f"{load.p99 * 1e3:.1f}"
            print_row([connections, contender.name, f"{load.rate:.0f}", ratio, *times])


def compare_batches(our_url: str, rounds: int) -> None:
    """Compares a batch over HTTP with pricing its matrix in this process, both on all cores."""
    pricer = load_pricer(champion())
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
        f"\n{BATCH:,} stones: in process {in_process * 1e3:.0f} ms, /predict_batch {over_http * 1e3:.0f} ms: "
        f"{in_process / over_http:.0%} of the model's own speed"
    )


def _post(client: httpx.Client, url: str, body: bytes) -> None:
    client.post(url, content=body, headers={"content-type": "application/json"}).raise_for_status()


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--peers", choices=PEERS, nargs="*", default=list(PEERS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running(), contextlib.ExitStack() as stack:
        folder = Path(name)
        contenders = [stack.enter_context(PEERS[peer](folder)) for peer in arguments.peers]
        contenders.append(stack.enter_context(ours(folder)))
        compare_loads(contenders, arguments.rounds, arguments.seconds)
        compare_batches(contenders[-1].url.removesuffix("/predict"), arguments.rounds)


if __name__ == "__main__":
    main()
