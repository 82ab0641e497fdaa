"""Keeps what people changed in Prefect since it was deployed last, where it is deployed again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.variables import Variable

VARIABLE = "diamonds_deployed"
"""Prefect's variable with what was deployed last; without it, everything becomes as in the files."""
_FIELDS = ("parameters", "tags", "job_variables", "schedules")
"""What a deployment overwrites, and people may have changed; whether it is paused stays anyway."""
_OF_SCHEDULE = ("schedule", "active", "slug", "parameters", "max_scheduled_runs")

Digests = dict[str, str]
"""Eight digits of each of several values by their names: Prefect's variables hold 5,000 characters."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was deployed last: the version of the files, and digests of what the server then had.

    Of an automation there is its id as well, by which it is known under another name.
    """

    version: str = ""
    deployments: dict[str, Digests] = field(default_factory=dict)
    automations: dict[str, Digests] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Deployed":
        """What is noted in the variable; before there were digests, it had the version alone."""
        value = Variable.get(VARIABLE)
        return cls(**value) if isinstance(value, dict) else cls(str(value or ""))

    def write(self) -> None:
        Variable.set(VARIABLE, asdict(self), overwrite=True)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment of ours as the server has it."""

    id: str
    values: dict[str, Any]

    @property
    def digests(self) -> Digests:
        return {name: digest(value) for name, value in self.values.items()}


def deployments_of(client: SyncPrefectClient, pool: str) -> dict[str, Deployment]:
    """The deployments of a work pool by their names."""
    only = {"work_pools": {"name": {"any_": [pool]}}}
    found = client._client.post("/deployments/filter", json=only).json()
    return {each["name"]: Deployment(each["id"], _values_of(each)) for each in found}


def _values_of(deployment: dict[str, Any]) -> dict[str, Any]:
    schedules = [{name: each.get(name) for name in _OF_SCHEDULE} for each in deployment["schedules"]]
    return {name: deployment[name] for name in _FIELDS} | {"schedules": sorted(schedules, key=json.dumps)}


def changes(before: Mapping[str, Deployment], deployed: Deployed) -> dict[str, dict[str, Any]]:
    """What people have changed since, by deployment and field."""
    return {
        name: {
            field: value
            for field, value in deployment.values.items()
            if digest(value) != deployed.deployments[name].get(field, digest(value))
        }
        for name, deployment in before.items()
        if name in deployed.deployments
    }


def change_again(
    client: SyncPrefectClient, after: Mapping[str, Deployment], changed: Mapping[str, dict[str, Any]]
) -> None:
    """Gives deployments that were deployed again the values that people had given them."""
    for name, values in changed.items():
        place = f"/deployments/{after[name].id}"
        others = {field: value for field, value in values.items() if field != "schedules"}
        if others:
            client._client.patch(place, json=others)
        if "schedules" in values:
            for each in client._client.get(f"{place}/schedules").json():
                client._client.delete(f"{place}/schedules/{each['id']}")
            client._client.post(f"{place}/schedules", json=values["schedules"])


def digest(value: object) -> str:
    """Eight hexadecimal digits that depend on a value of JSON, but not on the order of a list of texts.

    Such lists are sets for Prefect, which have another order each time.
    """
    text = json.dumps(_sorted(value), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _sorted(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _sorted(each) for name, each in value.items()}
    if isinstance(value, list):
        is_set = all(isinstance(each, str) for each in value)
        return sorted(value) if is_set else [_sorted(each) for each in value]
    return value
