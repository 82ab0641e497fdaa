"""Pools of other types than processes: made by settings, and the jobs that their workers would start."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.utilities.templating import apply_values

from diamonds.settings import PROJECT, settings
from flows.pool import QUEUES, ensure_pool

IMAGE = "registry.example/diamonds:7"
ENVIRONMENT = {"DIAMONDS_WORK_POOL": "elsewhere", "DIAMONDS_IMAGE": IMAGE}


@pytest.fixture(params=["docker", "kubernetes"])
def template(
    request: pytest.FixtureRequest, prefect: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    """The job template of a pool of that type."""
    for name, value in (ENVIRONMENT | {"DIAMONDS_WORK_POOL_TYPE": request.param}).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    ensure_pool(prefect)
    pool = prefect.read_work_pool("elsewhere")
    assert pool.type == request.param
    assert set(QUEUES) <= {queue.name for queue in prefect.read_work_queues(work_pool_name="elsewhere")}
    yield pool.base_job_template
    prefect.delete_work_pool("elsewhere")
    monkeypatch.undo()
    settings.cache_clear()


def job_variables() -> dict[str, Any]:
    """What ``prefect.yaml`` gives the jobs of trainings."""
    deployments = yaml.safe_load((PROJECT / "prefect.yaml").read_text())["deployments"]
    work_pool: dict[str, Any] = apply_values(deployments[0]["work_pool"], ENVIRONMENT | _as_variables())
    return dict(work_pool["job_variables"])


def _as_variables() -> dict[str, str]:
    return {f"${name}": value for name, value in ENVIRONMENT.items()}


def test_a_job_runs_the_image_of_the_settings_and_sends_heartbeats(template: dict[str, Any]) -> None:
    variables = job_variables()
    jsonschema.validate(variables, template["variables"])
    properties = template["variables"]["properties"]
    defaults = {name: each["default"] for name, each in properties.items() if each.get("default") is not None}

    job = apply_values(template["job_configuration"], defaults | variables | {"name": "training"})

    if "job_manifest" in job:
        manifest = job["job_manifest"]
        (container,) = manifest["spec"]["template"]["spec"]["containers"]
        container["env"] = [{"name": name, "value": value} for name, value in container["env"].items()]
        kubernetes_validate.validate(manifest, "1.30")
        job = {"image": container["image"], "env": {each["name"]: each["value"] for each in container["env"]}}
    assert job["image"] == IMAGE
    assert job["env"] == {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
