"""Applies ``automations.yaml`` to Prefect's server: what it does by itself, and whom it notifies."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound

from diamonds.settings import PROJECT, settings

FILE = PROJECT / "flows" / "automations.yaml"
BLOCK = "diamonds-notify"
"""Name of the block that holds the URL of ``DIAMONDS_NOTIFY``."""
_PAYLOAD = '{%% set message %%}%s{%% endset %%}{"text": {{ message | tojson }}}'


class NoSuchBlock(LookupError):
    """The setting names a notification block that Prefect's server does not have."""


def apply_automations(client: SyncPrefectClient, pool: str, text: str | None = None) -> None:
    """Creates the automations of the file, or of ``text``, and updates those of the same names.

    One that somebody disabled in Prefect stays disabled. Raises ``NoSuchBlock``.
    """
    names = {"pool": str(client.read_work_pool(pool).id)} | _deployments(client)
    notification = _notification(client)
    for definition in yaml.safe_load(_with_ids(text or FILE.read_text("utf-8"), names)):
        _apply(client, _automation(definition, notification))


def _apply(client: SyncPrefectClient, automation: AutomationCore) -> None:
    existing = client.read_automations_by_name(automation.name)
    if not existing:
        client.create_automation(automation)
        return
    automation.enabled = existing[0].enabled
    client.update_automation(existing[0].id, automation)


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
