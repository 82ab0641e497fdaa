"""Deploys ``prefect.yaml`` with its pool and automations, unless Prefect's server has all that already."""

import hashlib
import json
import re
from typing import Any

import yaml
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from diamonds.settings import PROJECT, settings
from flows.automations import apply_automations
from flows.choices import Deployed, Deployment, change_again, changes, deployments_of
from flows.pool import ensure_pool

FILE = PROJECT / "prefect.yaml"


def deploy(client: SyncPrefectClient) -> None:
    """Deploys where a deployment is missing, or the files have changed since.

    What people changed, paused or deleted in Prefect stays; only a deployment that is deleted comes back.
    Raises ``automations.NoSuchBlock``.
    """
    version, deployed, pool = version_of_files(), Deployed.read(), settings().work_pool
    if deployed.version == version and _names() <= {each.name for each in client.read_deployments()}:
        return
    ensure_pool(client)
    before = deployments_of(client, pool)
    for each in declared():
        _deploy(client, each, before.get(each["name"]))
    after = deployments_of(client, pool)
    change_again(client, after, changes(before, deployed))
    automations = apply_automations(client, pool, applied=deployed.automations)
    Deployed(version, {name: each.digests for name, each in after.items()}, automations).write()


def version_of_files() -> str:
    """12 hexadecimal digits that depend on all that is deployed: the files, and the settings in them."""
    chosen = settings()
    notify = chosen.notify.get_secret_value() if chosen.notify else ""
    digest = hashlib.sha256(repr((chosen.work_pool, chosen.image, notify)).encode())
    for file in (FILE, *sorted((PROJECT / "flows").glob("*.*"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def declared() -> list[dict[str, Any]]:
    """The deployments of ``prefect.yaml``."""
    deployments: list[dict[str, Any]] = _file()["deployments"]
    return deployments


def _names() -> set[str]:
    return {each["name"] for each in declared()}


def _file() -> dict[str, Any]:
    """The file with the values of its variables, all of which stand in double quotes."""
    values = {"DIAMONDS_WORK_POOL": settings().work_pool, "DIAMONDS_IMAGE": settings().image}
    text = FILE.read_text("utf-8")
    filled = re.sub(r"\{\{ \$(\w+) \}\}", lambda variable: json.dumps(values[variable[1]])[1:-1], text)
    file: dict[str, Any] = yaml.safe_load(filled)
    return file


def _deploy(client: SyncPrefectClient, declaration: dict[str, Any], before: Deployment | None) -> None:
    """Makes a deployment as ``prefect deploy`` does, or makes it again, where what is paused stays so."""
    flow: Flow[..., Any] = load_flow_from_entrypoint(declaration["entrypoint"])
    pool = declaration["work_pool"]
    client.create_deployment(
        client.create_flow_from_name(flow.name),
        declaration["name"],
        entrypoint=declaration["entrypoint"],
        version=flow.version,
        description=declaration["description"],
        parameters=declaration["parameters"],
        schedules=[_schedule(**each, before=before) for each in declaration["schedules"]],
        work_pool_name=pool["name"],
        work_queue_name=pool["work_queue_name"],
        job_variables=pool["job_variables"],
        pull_steps=_file()["pull"],
        parameter_openapi_schema=parameter_schema(flow).model_dump(exclude_unset=True),
        enforce_parameter_schema=True,
    )


def _schedule(slug: str, cron: str, timezone: str, before: Deployment | None) -> DeploymentScheduleCreate:
    paused = {each["slug"] for each in before.values["schedules"] if not each["active"]} if before else ()
    schedule = CronSchedule(cron=cron, timezone=timezone)
    return DeploymentScheduleCreate(slug=slug, schedule=schedule, active=slug not in paused)
