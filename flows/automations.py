"""Applies ``automations.yaml`` to Prefect's server: what it does by itself, and whom it notifies."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from uuid import UUID

import yaml
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from diamonds.settings import PROJECT, settings
from flows.choices import Digests, digest

FILE = PROJECT / "flows" / "automations.yaml"
BLOCK = "diamonds-notify"
"""Name of the block that holds the URL of ``DIAMONDS_NOTIFY``."""
_PAYLOAD = '{%% set message %%}%s{%% endset %%}{"text": {{ message | tojson }}}'
_NONE: Mapping[str, Digests] = MappingProxyType({})


class NoSuchBlock(LookupError):
    """The setting names a notification block that Prefect's server does not have."""


def apply_automations(
    client: SyncPrefectClient, pool: str, text: str | None = None, *, applied: Mapping[str, Digests] = _NONE
) -> dict[str, Digests]:
    """Creates the automations of the file, or of ``text``, and updates those of the same names.

    Those of ``applied``, the result of the time before, that people changed, renamed or deleted since stay
    so; one that they disabled stays disabled. Raises ``NoSuchBlock``.
    """
    names = {"pool": str(client.read_work_pool(pool).id)} | _deployments(client)
    notification = _notification(client)
    definitions = yaml.safe_load(_with_ids(text or FILE.read_text("utf-8"), names))
    automations = [_automation(each, notification) for each in definitions]
    return {each.name: _applied(client, each, applied.get(each.name)) for each in automations}


def _applied(client: SyncPrefectClient, automation: AutomationCore, before: Digests | None) -> Digests:
    if before is not None and _digest(client, before["id"]) != before["digest"]:
        return before
    existing = client.read_automations_by_name(automation.name)
    if existing:
        identifier = existing[0].id
        client.update_automation(identifier, automation.model_copy(update={"enabled": existing[0].enabled}))
    else:
        identifier = client.create_automation(automation)
    return {"id": str(identifier), "digest": _digest(client, identifier)}


def _digest(client: SyncPrefectClient, identifier: UUID | str) -> str:
    """What is another once people have changed, renamed or deleted an automation."""
    try:
        automation = client.read_automation(identifier)
    except PrefectHTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        automation = None
    return digest(automation and automation.model_dump(mode="json", exclude={"id", "enabled"}))


def _deployments(client: SyncPrefectClient) -> dict[str, str]:
    """The ids of the deployments by what the file calls them."""
    flows = {flow.id: flow.name for flow in client.read_flows()}
    return {
        f"deployment:{flows[each.flow_id]}/{each.name}": str(each.id) for each in client.read_deployments()
    }


def _with_ids(text: str, ids: Mapping[str, str]) -> str:
    """The file with each name in braces replaced by its id; raises ``KeyError`` for one there is not."""
    return re.sub(r"\{(pool|deployment:[^}]+)\}", lambda match: ids[match[1]], text)


def _automation(definition: dict[str, Any], notification: Mapping[str, Any] | None) -> AutomationCore:
    message = definition.pop("notify", None)
    actions = definition.pop("actions", []) + list(_actions(message, notification) if message else ())
    return AutomationCore.model_validate({**definition, "actions": actions or [{"type": "do-nothing"}]})


def _actions(message: str, notification: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    """What sends a message: nothing, where nobody is to be notified."""
    if notification is None:
        return
    if notification["type"] == "call-webhook":
        yield {**notification, "payload": _PAYLOAD % message}
    else:
        yield {**notification, "subject": "diamonds", "body": message}


def _notification(client: SyncPrefectClient) -> dict[str, Any] | None:
    """The action that notifies, without its message: through a URL, or a block that is there already."""
    secret = settings().notify
    if secret is None:
        return None
    target = secret.get_secret_value()
    if target.startswith(("http://", "https://")):
        block = Webhook(url=target).save(BLOCK, overwrite=True)
        return {"type": "call-webhook", "block_document_id": str(block)}
    kind, _, name = target.partition("/")
    try:
        document = client.read_block_document_by_name(name, kind, include_secrets=False)
    except ObjectNotFound as error:
        raise NoSuchBlock(
            f"Got DIAMONDS_NOTIFY={target!r}; expected a URL, or a block that Prefect's server has."
        ) from error
    return {"type": "send-notification", "block_document_id": str(document.id)}
