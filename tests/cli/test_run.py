"""``diamonds run``, started as a user starts it: what it brings up, and that nothing of it stays behind."""

import os
import socket
import stat
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import IntervalSchedule

from diamonds.models import REGISTRY
from diamonds.settings import PROJECT
from diamonds.stack.ports import PORTS
from diamonds.stack.processes import text_of
from tests.bento_service.serving import bearer
from tests.cli.running import SECONDS_TO_STOP, Run, free_ports, is_free, running, start

INTERRUPTED_TRIALS = 1000
STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}


@pytest.fixture(scope="module")
def stones(tmp_path_factory: pytest.TempPathFactory, few_stones: Path) -> Path:
    """A folder with a file of 500 stones, which fresh ones are dropped into."""
    folder = tmp_path_factory.mktemp("stones")
    header, *lines = few_stones.read_text().splitlines(keepends=True)
    (folder / few_stones.name).write_text("".join([header, *lines[::4]]))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, stones: Path) -> Iterator[Run]:
    """The first run of a home, until a test wants it ``interrupted``."""
    with running(tmp_path_factory.mktemp("run"), stones, free_ports()) as run:
        yield run


@pytest.fixture(scope="module")
def prefect(run: Run) -> Iterator[SyncPrefectClient]:
    """A client of the run's Prefect, once the deployments that tests start are there."""
    with prefect_client(run) as client:
        run.wait_for(lambda: {"all", "linear", "xgboost"} <= _deployed(client), within_s=300)
        yield client


def _deployed(client: SyncPrefectClient) -> set[str]:
    return {deployment.name for deployment in client.read_deployments()}


@pytest.fixture(scope="module")
def interrupted(run: Run, prefect: SyncPrefectClient) -> Run:
    """The first run, ended by Ctrl-C while a model trained."""
    deployment = prefect.read_deployment_by_name("train/xgboost")
    training = prefect.create_flow_run_from_deployment(
        deployment.id, parameters={"models": ["xgboost"], "trials": INTERRUPTED_TRIALS}
    )
    run.wait_for(lambda: _is_running(prefect, training.id), within_s=240)
    run.press_ctrl_c()
    return run


@pytest.fixture(scope="module")
def second(interrupted: Run, stones: Path) -> Iterator[Run]:
    """A second run in the same home."""
    with running(interrupted.home, stones, interrupted.ports) as second:
        yield second


def prefect_client(run: Run) -> SyncPrefectClient:
    return SyncPrefectClient(api=_prefect_url(run), auth_string=run.prefect_auth)


def _prefect_url(run: Run) -> str:
    return run.url("prefect_port") + "/api"


@pytest.mark.slow
def test_it_trains_first_and_then_prints_the_addresses(run: Run) -> None:
    trained, _, up = run.output.partition("diamonds is up")

    assert "is promoted: there was no champion." in trained
    assert [run.url(name) in up for name in PORTS] == [True, True, True]


@pytest.mark.slow
def test_it_quotes_prices_and_records_the_exchange(run: Run) -> None:
    quote = httpx.post(run.url("service_port") + "/predict", json=STONE, timeout=60)
    key = bearer((run.home / "diamonds" / "admin.key").read_text())
    exchange = run.url("service_port") + "/exchanges/" + quote.headers["X-Exchange-Id"]

    assert quote.json()["price"] > 0
    run.wait_for(lambda: httpx.get(exchange, headers=key, timeout=60).status_code == httpx.codes.OK)
    assert httpx.get(exchange, headers=key, timeout=60).json()["response_body"] == quote.json()


@pytest.mark.slow
def test_the_dashboard_is_there(run: Run) -> None:
    assert "<title>" in httpx.get(run.url("dashboard_port"), timeout=60).text


@pytest.mark.slow
def test_the_string_of_prefect_is_in_a_file_that_only_its_owner_reads(run: Run) -> None:
    file = run.home / "diamonds" / "prefect.auth"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"Prefect's pages ask for the string in {file}." in run.output
    assert run.prefect_auth not in run.output


@pytest.mark.slow
def test_prefect_makes_no_deployment_without_the_string_or_without_a_token(
    run: Run, prefect: SyncPrefectClient
) -> None:
    deployment = prefect.read_deployment_by_name("train/linear")
    body = {"name": "intruder", "flow_id": str(deployment.flow_id)}
    url = _prefect_url(run)
    with_string = {"authorization": f"Basic {b64encode(run.prefect_auth.encode()).decode()}"}
    token = httpx.get(f"{url}/csrf-token?client=test", headers=with_string).json()["token"]
    with_token = {"prefect-csrf-client": "test", "prefect-csrf-token": token}

    def post(headers: dict[str, str]) -> int:
        return httpx.post(f"{url}/deployments/", json=body, headers=headers).status_code

    assert httpx.get(f"{url}/csrf-token?client=other").status_code == httpx.codes.UNAUTHORIZED
    assert post(with_token) == httpx.codes.UNAUTHORIZED
    assert post(with_string) == httpx.codes.FORBIDDEN
    assert "intruder" not in _deployed(prefect)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("http://127.0.0.1:{}", True), ("http://localhost:{}", True), ("http://evil.example", False)],
)
def test_only_pages_of_prefect_itself_may_call_it(run: Run, origin: str, allowed: bool) -> None:
    origin = origin.format(run.ports["prefect_port"])
    preflight = {"origin": origin, "access-control-request-method": "POST"}
    answer = httpx.options(f"{_prefect_url(run)}/deployments/", headers=preflight)

    assert answer.is_success == allowed
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("process", "knows"), [("bento_service.worker", False), ("streamlit", True), ("worker", True)]
)
def test_only_the_processes_that_call_prefect_have_its_string(run: Run, process: str, knows: bool) -> None:
    def environments() -> list[dict[str, str]]:
        found = []
        for each in run.descendants():
            with suppress(psutil.NoSuchProcess):  # it ended meanwhile
                if process in {Path(part).name for part in each.cmdline()}:
                    found.append(each.environ())
        return found

    found = run.wait_for(environments, within_s=240)[0]  # the worker starts when all is deployed

    assert (run.prefect_auth in found.values()) == knows


@pytest.fixture(scope="module")
def first_training(run: Run, prefect: SyncPrefectClient) -> FlowRun:
    """The run that trains what the first start left out, once it has ended."""
    deployment = prefect.read_deployment_by_name("train/all").id
    return run.wait_for(lambda: _ended(prefect, deployment), within_s=600)[0]


@pytest.mark.slow
def test_the_models_that_the_start_left_out_are_trained_while_prices_are_quoted(
    run: Run, first_training: FlowRun
) -> None:
    models = httpx.get(run.url("service_port") + "/models", timeout=60).json()["models"]

    assert first_training.state is not None
    assert first_training.state.is_completed(), first_training.state.message
    assert {model["name"] for model in models if model["versions"]} == set(REGISTRY)


@pytest.mark.slow
@pytest.mark.usefixtures("first_training")  # one training at a time
def test_a_run_that_the_schedule_wants_is_executed_and_learns_from_fresh_stones(
    run: Run, prefect: SyncPrefectClient, stones: Path
) -> None:
    before = _trained_by(run)
    only_linear = DeploymentUpdate(parameters={"models": ["linear"]})
    prefect.update_deployment(prefect.read_deployment_by_name("train/all").id, only_linear)
    header, *sold = (PROJECT / "data" / "diamonds.csv").read_text().splitlines(keepends=True)
    (stones / "fresh.csv").write_text("".join([header, *sold[5::100]]))
    deployment = prefect.read_deployment_by_name("train/linear").id
    soon = datetime.now(UTC) + timedelta(seconds=5)  # once the server has seen the schedule
    each_minute = IntervalSchedule(interval=timedelta(minutes=1), anchor_date=soon)
    (schedule,) = prefect.create_deployment_schedules(
        deployment, [DeploymentScheduleCreate(schedule=each_minute)]
    )

    flow_run, *_ = run.wait_for(lambda: _ended(prefect, deployment), within_s=240)
    prefect.delete_deployment_schedule(deployment, schedule.id)

    assert flow_run.auto_scheduled
    assert flow_run.state is not None
    assert flow_run.state.is_completed(), flow_run.state.message
    # The new file starts a run, too: one of the two finds that the other has learned from it.
    assert run.wait_for(lambda: _trained_by(run) - before, within_s=240)


def _trained_by(run: Run) -> set[str | None]:
    """The runs that have trained versions of the linear model."""
    versions = httpx.get(run.url("service_port") + "/models/linear", timeout=60).json()["versions"]
    return {version["flow_run"] for version in versions}


def _ended(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    of_deployment = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment]))
    runs = client.read_flow_runs(flow_run_filter=of_deployment)
    return [each for each in runs if each.state is not None and each.state.is_final()]


def _is_running(client: SyncPrefectClient, flow_run: UUID) -> bool:
    state = client.read_flow_run(flow_run).state
    return state is not None and state.is_running()


@pytest.mark.slow
def test_ctrl_c_leaves_no_process_and_no_port_even_while_a_model_trains(interrupted: Run) -> None:
    assert interrupted.process.returncode == 0
    assert interrupted.descendants() == []
    assert {name: is_free(port) for name, port in interrupted.ports.items()} == dict.fromkeys(PORTS, True)


@pytest.mark.slow
def test_a_second_start_trains_nothing(second: Run) -> None:
    assert "stones to learn from" not in second.output


@pytest.mark.slow
def test_a_run_that_was_interrupted_is_started_again_or_asked_for_a_sign_of_life(second: Run) -> None:
    """What follows is in ``tests/flows/test_automations.py``."""
    with prefect_client(second) as client:
        runs = client.read_flow_runs()
        (flow_run,) = [run for run in runs if run.parameters.get("trials") == INTERRUPTED_TRIALS]
        second.wait_for(lambda: _is_found(client, flow_run.id), within_s=240)


def _is_found(client: SyncPrefectClient, flow_run: UUID) -> bool:
    asked = {
        "resource": {"id": [f"prefect.flow-run.{flow_run}"]},
        "event": {"name": ["diamonds.run.running", "prefect.flow-run.AwaitingRetry"]},
    }
    return bool(client._client.post("/events/filter", json={"filter": asked}).json()["events"])


@pytest.mark.slow
def test_sigterm_stops_everything_as_well(second: Run) -> None:
    assert second.stop() == 0
    assert second.descendants() == []


@pytest.mark.parametrize("name", PORTS)
def test_a_port_that_is_taken_is_named_with_the_setting_that_changes_it(
    name: str, tmp_path: Path, few_stones: Path
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        run = start(tmp_path / "run", few_stones, {**free_ports(), name: port})

        assert run.process.wait(SECONDS_TO_STOP) == 1
    assert run.output == (
        f"diamonds: Port {port} of 127.0.0.1 is taken by {text_of(psutil.Process())}; "
        f"stop it with: kill {os.getpid()}, or set DIAMONDS_{name.upper()} to a free port.\n"
    )


def test_sigterm_while_it_still_trains_leaves_nothing_behind(tmp_path: Path) -> None:
    run = start(tmp_path / "run", PROJECT / "data" / "diamonds.csv", free_ports())
    run.wait_for(lambda: "stones to learn from" in run.output)

    assert run.stop() == 143  # nothing serves yet: it has not done what it was started for
    assert run.descendants() == []
