"""``diamonds run``, started as a user starts it: what it brings up, and that nothing of it stays behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import httpx
import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import IntervalSchedule

from diamonds.settings import PROJECT
from diamonds.stack.ports import PORTS
from tests.processes import wait_until

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
SECONDS_TO_START = 600.0
T = TypeVar("T")
SECONDS_TO_STOP = 40.0


@dataclass(frozen=True, slots=True)
class Run:
    """A ``diamonds run`` of its own home and ports, in a process group of its own as under a terminal."""

    process: "subprocess.Popen[bytes]"
    home: Path
    ports: dict[str, int]

    @property
    def output(self) -> str:
        return (self.home / "output").read_text()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def descendants(self) -> list[psutil.Process]:
        """Every process that was started by it, also one that has left its parent."""
        return [process for process in psutil.process_iter() if str(self.home) in _environment_of(process)]


def _environment_of(process: psutil.Process) -> str:
    try:
        return f"{process.environ().get('DIAMONDS_HOME')} {process.cmdline()}"
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return ""


def start(home: Path, data: Path, ports: dict[str, int]) -> Run:
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "DIAMONDS_HOME": str(home / "diamonds"),
        "BENTOML_HOME": str(home / "bentoml"),
        "PREFECT_HOME": str(home / "prefect"),
        "DIAMONDS_DATA": str(data),
        "DIAMONDS_TRIALS": "1",
        **{f"DIAMONDS_{name.upper()}": str(port) for name, port in ports.items()},
    }
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "diamonds", "run"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Run(process, home, ports)


def wait_while_running(run: Run, happened: Callable[[], T], *, within_s: float = 60) -> T:
    def happened_in_time() -> T:
        assert run.process.poll() is None, f"It ended with {run.process.returncode}:\n{run.output}"
        return happened()

    return wait_until(happened_in_time, within_s=within_s, details=lambda: f"It said:\n{run.output}")


def free_ports() -> dict[str, int]:
    sockets = {name: socket.socket() for name in PORTS}
    for each in sockets.values():
        each.bind(("127.0.0.1", 0))
    ports = {name: each.getsockname()[1] for name, each in sockets.items()}
    for each in sockets.values():
        each.close()
    return ports


def is_free(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def stones(tmp_path_factory: pytest.TempPathFactory, few_stones: Path) -> Path:
    """A folder of files of stones, which fresh ones are dropped into."""
    folder = tmp_path_factory.mktemp("stones")
    shutil.copy(few_stones, folder)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, stones: Path) -> Iterator[Run]:
    run = start(tmp_path_factory.mktemp("run"), stones, free_ports())
    try:
        wait_while_running(run, lambda: "diamonds is up" in run.output, within_s=SECONDS_TO_START)
        yield run
    finally:
        run.process.terminate()
        run.process.wait(SECONDS_TO_STOP)


@pytest.fixture
def prefect(run: Run) -> Iterator[SyncPrefectClient]:
    with SyncPrefectClient(api=run.url("prefect_port") + "/api") as client:
        wait_while_running(run, client.read_deployments, within_s=120)
        yield client


@pytest.mark.slow
def test_it_trains_first_and_then_says_where_everything_is(run: Run) -> None:
    trained, _, up = run.output.partition("diamonds is up")

    assert "is promoted: there was no champion." in trained
    assert [run.url(name) in up for name in PORTS] == [True, True, True]


@pytest.mark.slow
def test_it_quotes_prices_and_keeps_the_exchange(run: Run) -> None:
    answer = httpx.post(run.url("service_port") + "/predict", json=STONE)
    kept = run.url("service_port") + "/exchanges/" + answer.headers["X-Exchange-Id"]

    assert answer.json()["price"] > 0
    wait_while_running(run, lambda: httpx.get(kept).status_code == 200, within_s=20)
    assert httpx.get(kept).json()["response_body"] == answer.json()


@pytest.mark.slow
def test_the_dashboard_is_there(run: Run) -> None:
    assert "<title>" in httpx.get(run.url("dashboard_port")).text


@pytest.mark.slow
def test_a_run_that_the_schedule_wants_is_executed_and_learns_from_fresh_stones(
    run: Run, prefect: SyncPrefectClient, stones: Path
) -> None:
    header, *sold = (PROJECT / "data" / "diamonds.csv").read_text().splitlines(keepends=True)
    (stones / "fresh.csv").write_text("".join([header, *sold[5::100]]))
    deployment = prefect.read_deployment_by_name("train/linear")
    # The server looks for new schedules once a minute: what is due before that only comes the next time.
    often = IntervalSchedule(interval=timedelta(seconds=90))
    schedules = f"/deployments/{deployment.id}/schedules"
    scheduled = prefect._client.post(
        schedules, json=[{"schedule": often.model_dump(mode="json"), "active": True}]
    ).raise_for_status()

    flow_run, *_ = wait_while_running(run, lambda: _finished(prefect, deployment.id), within_s=240)
    prefect._client.delete(f"{schedules}/{scheduled.json()[0]['id']}").raise_for_status()

    versions = httpx.get(run.url("service_port") + "/models/linear").json()["versions"]
    assert flow_run.auto_scheduled
    assert flow_run.state is not None
    assert flow_run.state.is_completed(), flow_run.state.message
    assert str(flow_run.id) in {version["flow_run"] for version in versions}


def _finished(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    of_deployment = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment]))
    runs = client.read_flow_runs(flow_run_filter=of_deployment)
    return [each for each in runs if each.state is not None and each.state.is_final()]


@pytest.mark.slow
def test_ctrl_c_leaves_no_process_and_no_port_even_while_a_model_trains(
    run: Run, prefect: SyncPrefectClient
) -> None:
    deployment = prefect.read_deployment_by_name("train/xgboost")
    training = prefect.create_flow_run_from_deployment(
        deployment.id, parameters={"models": ["xgboost"], "trials": 1000}
    )
    wait_while_running(run, lambda: _is_running(prefect, training.id))

    os.killpg(run.process.pid, signal.SIGINT)  # as a terminal does: to everything in the foreground

    assert run.process.wait(SECONDS_TO_STOP) == 0
    assert run.descendants() == []
    assert {name: is_free(port) for name, port in run.ports.items()} == dict.fromkeys(PORTS, True)


def _is_running(client: SyncPrefectClient, flow_run: UUID) -> bool:
    state = client.read_flow_run(flow_run).state
    return state is not None and state.is_running()


@pytest.fixture(scope="module")
def second(run: Run, stones: Path) -> Iterator[Run]:
    """The same again in the same home, after the first was stopped."""
    second = start(run.home, stones, run.ports)
    yield second
    second.process.terminate()
    second.process.wait(SECONDS_TO_STOP)


@pytest.mark.slow
def test_a_second_start_trains_nothing(second: Run) -> None:
    wait_while_running(second, lambda: "diamonds is up" in second.output)

    assert "stones to learn from" not in second.output


@pytest.mark.slow
def test_a_run_that_was_interrupted_is_closed_at_the_next_start(second: Run) -> None:
    with SyncPrefectClient(api=second.url("prefect_port") + "/api") as client:
        interrupted = client.read_deployment_by_name("train/xgboost").id
        (flow_run,) = wait_while_running(second, lambda: _finished(client, interrupted))

    assert flow_run.state is not None
    assert flow_run.state.is_crashed()


@pytest.mark.slow
def test_sigterm_stops_everything_as_well(second: Run) -> None:
    second.process.terminate()

    assert second.process.wait(SECONDS_TO_STOP) == 0
    assert second.descendants() == []


@pytest.mark.parametrize("name", PORTS)
def test_a_port_that_is_taken_is_named_with_the_setting_that_changes_it(
    name: str, tmp_path: Path, few_stones: Path
) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]
        run = start(tmp_path / "run", few_stones, {**free_ports(), name: port})

        assert run.process.wait(30) == 1
    assert run.output == (
        f"diamonds: Port {port} of 127.0.0.1 is taken. Set DIAMONDS_{name.upper()} to a free port.\n"
    )


def test_sigterm_while_it_still_trains_leaves_nothing_behind(tmp_path: Path) -> None:
    run = start(tmp_path / "run", PROJECT / "data" / "diamonds.csv", free_ports())
    wait_while_running(run, lambda: "stones to learn from" in run.output)

    run.process.terminate()

    assert run.process.wait(SECONDS_TO_STOP) == 0
    assert run.descendants() == []
