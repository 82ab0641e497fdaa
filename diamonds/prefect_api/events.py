"""Emits the events by which new data starts a training: ``flows/automations.yaml`` says what follows them."""

from datetime import UTC, datetime
from uuid import uuid4

from diamonds.prefect_api.requests import call

DATA_CHANGED = "diamonds.data.changed"
"""The files of ``DIAMONDS_DATA`` have changed."""
DATASET_ADDED = "diamonds.dataset.added"
"""A dataset was sent to the service, and is stored."""


def emit_data_changed(place: str, reason: str) -> None:
    """Emits that the files at ``place``, the configured data, have changed.

    Raises ``PrefectDown`` and ``PrefectRefused``.
    """
    _emit(DATA_CHANGED, "diamonds.data", {"data": place, "reason": reason})


def emit_dataset_added(fingerprint: str, data: str) -> None:
    """Emits that a dataset was stored, which ``data`` stands for; raises as ``emit_data_changed``."""
    _emit(DATASET_ADDED, f"diamonds.dataset.{fingerprint}", {"data": data})


def _emit(event: str, resource: str, payload: dict[str, str]) -> None:
    emitted = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": event,
        "resource": {"prefect.resource.id": resource},
        "payload": payload,
    }
    call("POST", "/events", [emitted])
