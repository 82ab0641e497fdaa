"""The flow that compares the record with the champion, reports what it found, and starts what follows."""

from typing import Any

from prefect import State, flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.states import Completed

from diamonds.database import migrate
from diamonds.monitoring import loop
from diamonds.monitoring.markdown import markdown_of
from diamonds.versions.store import NoChampion


@flow(name="monitor")
def monitor() -> State[None]:
    """Makes the report, rolls back or emits the events that start a training, and shows both as artifacts."""
    try:
        report = make_report()
    except NoChampion as error:
        return Completed(message=str(error))
    show(report)
    emit(report)
    return Completed(message=report["step"]["text"])


@task(retries=2, retry_delay_seconds=[10, 60], cache_policy=NO_CACHE)
def make_report() -> dict[str, Any]:
    """Makes the report of the monitoring, does what follows, and stores both in the database."""
    migrate()
    return loop.monitor()


@task(cache_policy=NO_CACHE)
def show(report: dict[str, Any]) -> None:
    """Shows the report, and how each column of the newest window compares with the champion's stones."""
    create_markdown_artifact(markdown=markdown_of(report), key="monitor", description=report["champion"])
    findings = report["windows"][-1]["findings"]
    create_table_artifact(table=findings, key="drift", description="The newest window of the record")


@task(cache_policy=NO_CACHE)
def emit(report: dict[str, Any]) -> None:
    """Emits the events of the report's alarms. The first has a label by which one training is started."""
    for number, event in enumerate(report["step"]["events"]):
        resource = {
            "prefect.resource.id": "diamonds.monitor",
            "prefect.resource.name": report["champion"],
            "diamonds.starts-training": "no" if number else "yes",
        }
        emit_event(event, resource=resource, payload={"reason": report["step"]["text"]})
