"""What is deployed to a real Prefect server, and that what people change there stays."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolUpdate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun
from prefect.events.schemas.automations import AutomationCore
from prefect.states import Completed, Running, Scheduled
from prefect.variables import Variable

from diamonds.settings import settings
from flows.choices import VARIABLE, Deployed
from flows.deployments import deploy
from tests.processes import wait_until

PAUSED = "diamonds: report late runs"
FAILED = "diamonds: report failed runs"
NOTHING_PROMOTED = "diamonds: report that nothing is promoted"


def test_restarts_and_upgrades_keep_what_people_set(deployed: SyncPrefectClient) -> None:
    linear = deployed.read_deployment_by_name("train/linear")
    deployed.update_deployment_schedule(linear.id, linear.schedules[0].id, active=False)
    mlp = deployed.read_deployment_by_name("train/mlp")
    deployed.update_deployment(mlp.id, DeploymentUpdate(paused=True))
    pool = settings().work_pool
    template = deployed.read_work_pool(pool).base_job_template | {"note": "ours"}
    changes = WorkPoolUpdate(is_paused=True, concurrency_limit=7, base_job_template=template)
    deployed.update_work_pool(pool, changes)
    (automation,) = deployed.read_automations_by_name(PAUSED)
    deployed.pause_automation(automation.id)
    every = deployed.read_deployment_by_name("train/all")
    deployed.update_deployment(every.id, DeploymentUpdate(parameters={"models": ["linear"]}))
    catboost = deployed.read_deployment_by_name("train/catboost")
    at_five = catboost.schedules[0].schedule.model_copy(update={"cron": "0 5 * * *"})
    deployed.update_deployment_schedule(catboost.id, catboost.schedules[0].id, schedule=at_five)
    monitor = deployed.read_deployment_by_name("monitor/monitor")
    deployed.delete_deployment_schedule(monitor.id, monitor.schedules[0].id)
    (renamed,), (gone,) = (deployed.read_automations_by_name(name) for name in (FAILED, NOTHING_PROMOTED))
    ours = AutomationCore(**renamed.model_dump(exclude={"id", "name", "owner_resource"}), name="Ours")
    deployed.update_automation(renamed.id, ours)
    deployed.delete_automation(gone.id)

    deploy(deployed)  # a restart
    replace(Deployed.read(), version="an earlier one").write()
    deploy(deployed)  # an upgrade

    assert deployed.read_deployment_by_name("train/all").parameters == {"models": ["linear"]}
    (schedule,) = deployed.read_deployment_by_name("train/catboost").schedules
    assert schedule.schedule.model_dump()["cron"] == "0 5 * * *"
    assert deployed.read_deployment_by_name("monitor/monitor").schedules == []
    assert [deployed.read_automations_by_name(name) for name in (FAILED, NOTHING_PROMOTED)] == [[], []]
    assert len(deployed.read_automations_by_name("Ours")) == 1
    (schedule,) = deployed.read_deployment_by_name("train/linear").schedules
    assert not schedule.active
    assert deployed.read_deployment_by_name("train/mlp").paused
    after = deployed.read_work_pool(pool)
    assert (after.is_paused, after.concurrency_limit, after.base_job_template["note"]) == (True, 7, "ours")
    (automation,) = deployed.read_automations_by_name(PAUSED)
    assert not automation.enabled
    deployed.update_work_pool(pool, WorkPoolUpdate(is_paused=False))
    deployed.delete_automation(renamed.id)
    Variable.unset(VARIABLE)
    deploy(deployed)  # without the note, all but what is paused is as in the files
    assert deployed.read_deployment_by_name("train/all").parameters == {"trials": 40}
    assert len(deployed.read_deployment_by_name("monitor/monitor").schedules) == 1
    assert len(deployed.read_automations_by_name(FAILED)) == 1
    assert deployed.read_deployment_by_name("train/mlp").paused


def test_a_restart_leaves_the_runs_of_other_workers_alone(deployed: SyncPrefectClient) -> None:
    run = _run_of(deployed, "train/linear")
    deployed.set_flow_run_state(run.id, Running(), force=True)

    deploy(deployed)

    state = deployed.read_flow_run(run.id).state
    assert state is not None
    assert state.is_running()
    deployed.delete_flow_run(run.id)


def test_the_months_never_wait_behind_a_training(deployed: SyncPrefectClient) -> None:
    training, waiting, months = (
        _run_of(deployed, name) for name in ("train/linear", "train/mlp", "months/months")
    )
    deployed.set_flow_run_state(training.id, Running(), force=True)

    ready = deployed._client.post(f"/work_pools/{settings().work_pool}/get_scheduled_flow_runs", json={})

    ids = {each["flow_run"]["id"] for each in ready.json()}
    assert str(months.id) in ids
    assert str(waiting.id) not in ids, "One training at a time."
    for run in (training, waiting, months):
        deployed.delete_flow_run(run.id)


def test_a_server_that_refuses_the_string_is_named_in_one_sentence(deployed: SyncPrefectClient) -> None:
    start = subprocess.run(
        [sys.executable, "-m", "flows.schedules"],
        env=os.environ | {"PREFECT_API_AUTH_STRING": "another:string"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert start.returncode == 1
    assert start.stderr == (
        "Prefect's server at 127.0.0.1 refuses PREFECT_API_AUTH_STRING; "
        "expected that of PREFECT_SERVER_API_AUTH_STRING there.\n"
    )


def _run_of(client: SyncPrefectClient, deployment: str) -> FlowRun:
    return client.create_flow_run_from_deployment(
        client.read_deployment_by_name(deployment).id, state=Scheduled()
    )


def test_a_run_that_ended_90_days_ago_is_deleted_with_its_log_and_artifacts(
    deployed: SyncPrefectClient, prefect_server: Path
) -> None:
    training = deployed.read_deployment_by_name("train/linear")
    run = deployed.create_flow_run_from_deployment(training.id)
    deployed.set_flow_run_state(run.id, Completed(), force=True)
    line = {"name": "prefect", "level": 20, "message": "a line", "timestamp": "2026-01-01T00:00:00Z"}
    deployed._client.post("/logs/", json=[{**line, "flow_run_id": str(run.id)}])
    artifact = {"key": "an-artifact", "type": "markdown", "data": "# Old", "flow_run_id": str(run.id)}
    deployed._client.post("/artifacts/", json=artifact)

    with closing(sqlite3.connect(prefect_server / "prefect.db", timeout=60)) as database, database:
        database.execute(
            "UPDATE flow_run SET end_time = datetime(end_time, '-91 days') WHERE id = ?", (str(run.id),)
        )

    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
    wait_until(lambda: not deployed.read_flow_runs(flow_run_filter=of_run))
    only = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id]))
    wait_until(lambda: not deployed.read_logs(log_filter=only))
    wait_until(lambda: not deployed.read_artifacts(flow_run_filter=of_run))
