"""Deploys ``prefect.yaml`` with its pool and automations, unless Prefect's server has all that already."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate

from diamonds.settings import PROJECT, settings
from flows.automations import apply_automations
from flows.choices import Deployed, change_again, changes, deployments_of
from flows.pool import ensure_pool

FILE = PROJECT / "prefect.yaml"
PREFECT = [sys.executable, "-m", "prefect", "--no-prompt"]


class NotDeployed(RuntimeError):
    """Prefect's command line could not deploy; the message is its output."""


def deploy(client: SyncPrefectClient) -> None:
    """Deploys where a deployment is missing, or the files have changed since.

    What people changed, paused or deleted in Prefect stays; only a deployment that is deleted comes back.
    Raises ``NotDeployed`` and ``automations.NoSuchBlock``.
    """
    version, deployed, pool = version_of_files(), Deployed.read(), settings().work_pool
    if deployed.version == version and _names() <= {each.name for each in client.read_deployments()}:
        return
    ensure_pool(client)
    changed = changes(deployments_of(client, pool), deployed)
    with _staying_paused(client):
        _run_prefect("deploy", "--all")
    after = deployments_of(client, pool)
    change_again(client, after, changed)
    automations = apply_automations(client, pool, applied=deployed.automations)
    Deployed(version, {name: each.digests for name, each in after.items()}, automations).write()


@contextmanager
def _staying_paused(client: SyncPrefectClient) -> Iterator[None]:
    """Pauses the deployments again that were paused before: Prefect's command line resumes them."""
    paused = [each.id for each in client.read_deployments() if each.paused]
    yield
    for deployment in paused:
        client.update_deployment(deployment, DeploymentUpdate(paused=True))


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
    deployments: list[dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))["deployments"]
    return deployments


def _names() -> set[str]:
    return {each["name"] for each in declared()}


def _run_prefect(*arguments: str) -> None:
    """Runs Prefect's command line in the project with the variables of ``prefect.yaml``."""
    variables = {"DIAMONDS_WORK_POOL": settings().work_pool, "DIAMONDS_IMAGE": settings().image}
    done = subprocess.run(
        [*PREFECT, *arguments],
        cwd=PROJECT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotDeployed(f"prefect {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
