"""What Prefect's server does by itself: a real one, with workers in homes of their own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import UUID

import orjson
import psutil
import pytest
from prefect import State
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed, Failed, Running, Scheduled

from diamonds.models import REGISTRY
from diamonds.settings import settings
from flows.automations import FILE, NoSuchBlock, apply_automations
from flows.signs_of_life import ask_for_signs_of_life
from tests.processes import wait_until

DEAD_WORKERS = "diamonds: end runs whose worker died"
AT_ONCE = FILE.read_text().replace("within: 150", "within: 10")
"""The automations where a run that sends no heartbeat has crashed sooner."""


@pytest.mark.slow
def test_a_run_whose_worker_was_killed_is_found_and_done_by_another_worker(
    deployed: SyncPrefectClient, tmp_path: Path
) -> None:
    deployment = deployed.read_deployment_by_name("months/months")
    run = deployed.create_flow_run_from_deployment(deployment.id, state=Scheduled())
    apply_automations(deployed, settings().work_pool, AT_ONCE)
    with worker(tmp_path / "first") as first:
        wait_until(lambda: _state(deployed, run.id).is_running(), details=_log(tmp_path / "first"))
        _kill(first)
    wait_until(lambda: _state(deployed, run.id).name == "AwaitingRetry")
    apply_automations(deployed, settings().work_pool)

    with worker(tmp_path / "second"):
        wait_until(lambda: _state(deployed, run.id).is_completed(), details=_log(tmp_path / "second"))

    assert {"Crashed", "AwaitingRetry"} <= {state.name for state in deployed.read_flow_run_states(run.id)}
    assert deployed.read_flow_run(run.id).run_count == 2


def test_a_run_whose_begin_the_server_missed_is_asked_for_a_sign_of_life(deployed: SyncPrefectClient) -> None:
    apply_automations(deployed, settings().work_pool, AT_ONCE)
    (automation,) = deployed.read_automations_by_name(DEAD_WORKERS)
    deployed.pause_automation(automation.id)
    run = deployed.create_flow_run_from_deployment(deployed.read_deployment_by_name("train/linear").id)
    deployed.set_flow_run_state(run.id, Running(), force=True)
    wait_until(lambda: _has_event(deployed, run.id, "prefect.flow-run.Running"))
    deployed.resume_automation(automation.id)

    ask_for_signs_of_life(deployed)

    wait_until(lambda: _state(deployed, run.id).name == "AwaitingRetry")
    apply_automations(deployed, settings().work_pool)
    deployed.delete_flow_run(run.id)


def test_the_ensemble_starts_once_each_of_its_members_has_ended(deployed: SyncPrefectClient) -> None:
    members = REGISTRY["ensemble"].members
    *first, last = (_ended(deployed, f"train/{name}", Completed()) for name in members[1:])
    assert runs_of(deployed, "train/ensemble") == []
    failed = _ended(deployed, f"train/{members[0]}", Failed())

    (run,) = wait_until(lambda: runs_of(deployed, "train/ensemble"))

    assert run.state is not None
    assert run.state.is_scheduled()
    for each in (*first, last, failed, run.id):
        deployed.delete_flow_run(each)


def test_a_webhook_receives_which_run_failed_and_why(
    deployed: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as (url, received):
        notify(url, deployed, monkeypatch)
        run = _ended(deployed, "train/linear", Failed(message='It says "no", &\nmore.'))
        (body,) = wait_until(lambda: received)

    assert body["text"].startswith(f"Run {deployed.read_flow_run(run).name} of linear: Failed.")
    assert 'It says "no", &\nmore.' in body["text"]
    deployed.delete_flow_run(run)


def test_a_block_that_prefect_does_not_have_is_named(
    deployed: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoSuchBlock, match="Got DIAMONDS_NOTIFY='slack-webhook/nobody'"):
        notify("slack-webhook/nobody", deployed, monkeypatch)


@contextmanager
def worker(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of the pool with a home of its own, ended at the end of the context."""
    home.mkdir()
    command = [sys.executable, "-m", "flows.schedules"]
    environment = os.environ | {"PREFECT_HOME": str(home / "prefect"), "PREFECT_WORKER_QUERY_SECONDS": "1"}
    with (home / "log").open("wb") as log:
        started = subprocess.Popen(
            command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(60)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kills a worker with all that it started, as a power cut would."""
    for child in psutil.Process(process.pid).children(recursive=True):
        child.send_signal(signal.SIGKILL)
    process.kill()


def _log(home: Path) -> Callable[[], str]:
    return (home / "log").read_text


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The URL of a server, and the bodies that it has received."""
    received: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(orjson.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def notify(target: str, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIAMONDS_NOTIFY", target)
    settings.cache_clear()
    try:
        apply_automations(client, settings().work_pool)
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def _ended(client: SyncPrefectClient, deployment: str, state: State[None]) -> UUID:
    """A run of the deployment that ended in that state."""
    run = client.create_flow_run_from_deployment(client.read_deployment_by_name(deployment).id)
    client.set_flow_run_state(run.id, state, force=True)
    return run.id


def _has_event(client: SyncPrefectClient, run: UUID, event: str) -> bool:
    only = {"resource": {"id": [f"prefect.flow-run.{run}"]}, "event": {"name": [event]}}
    return bool(client._client.post("/events/filter", json={"filter": only}).json()["events"])


def runs_of(client: SyncPrefectClient, deployment: str) -> list[FlowRun]:
    only = FlowRunFilterDeploymentId(any_=[client.read_deployment_by_name(deployment).id])
    return client.read_flow_runs(flow_run_filter=FlowRunFilter(deployment_id=only))


def _state(client: SyncPrefectClient, run: UUID) -> State[object]:
    state = client.read_flow_run(run).state
    assert state is not None
    return state
