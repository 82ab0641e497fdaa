"""Asks the HTTP API; the dashboard knows prices from nowhere else."""

from typing import Any

import httpx

from diamonds.settings import settings

TIMEOUT_SECONDS = 15.0


class ServiceDown(ConnectionError):
    """The service does not answer."""


class Refused(ValueError):
    """The service answered that it will not do it; the message is the service's own."""


def service_url() -> str:
    """Where the service is."""
    chosen = settings()
    return chosen.service_url or f"http://{chosen.reachable_host}:{chosen.service_port}"


def ask(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the service answers to a POST; raises ``ServiceDown`` or ``Refused``."""
    try:
        answer = httpx.post(f"{service_url()}{path}", json=body, timeout=TIMEOUT_SECONDS)
    except httpx.TransportError as error:
        raise ServiceDown(f"The service at {service_url()} does not answer: {error}") from error
    if answer.is_error:
        raise Refused(_message(answer))
    content: dict[str, Any] = answer.json()
    return content


def _message(answer: httpx.Response) -> str:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return f"The service answered with status {answer.status_code}: {answer.text[:200]}"
    fields = [f"{field['field']}: {field['message']}" for field in error.get("fields") or []]
    return "\n\n".join([error["message"], *fields])
