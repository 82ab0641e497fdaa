"""Asks the HTTP API; the dashboard knows prices, models and exchanges from nowhere else."""

from functools import cache
from typing import Any

import httpx

from diamonds.api.client import Client, Refused, ServiceDown, checked
from diamonds.settings import settings

__all__ = [
    "Answer",
    "Refused",
    "ServiceDown",
    "ask",
    "checked",
    "download",
    "read",
    "send",
    "service_url",
    "upload",
]

Answer = dict[str, Any]


def service_url() -> str:
    """Where the service is."""
    chosen = settings()
    return chosen.service_url or f"http://{chosen.reachable_host}:{chosen.service_port}"


def ask(path: str, body: Answer | None = None) -> Answer:
    """What the service answers to a POST; raises ``ServiceDown`` or ``Refused``."""
    answer: Answer = _client().call("POST", path, body or {}).json()
    return answer


def read(path: str, /, **parameters: str | int | None) -> Answer:
    """What the service answers to a GET; parameters that are None are left out."""
    given = {name: value for name, value in parameters.items() if value is not None}
    answer: Answer = _client().call("GET", path, params=given).json()
    return answer


def download(path: str) -> bytes:
    """The file that the service gives; raises ``ServiceDown`` or ``Refused``."""
    return _client().call("GET", path).content


def upload(path: str, content: bytes) -> Answer:
    """What the service answers to a file; raises ``ServiceDown`` or ``Refused``."""
    headers = {"content-type": "application/octet-stream"}
    answer: Answer = _client().call("POST", path, content=content, headers=headers).json()
    return answer


def send(method: str, path: str, **content: Any) -> httpx.Response:
    """The service's response, whatever its status; raises ``ServiceDown`` when there is none."""
    return _client().send(method, path, headers={"content-type": "application/json"}, **content)


def _client() -> Client:
    """The client of the service that the settings name, with one of its keys where it has any."""
    keys = sorted(key.get_secret_value() for key in settings().api_keys)
    return _client_of(service_url(), keys[0] if keys else None)


@cache
def _client_of(url: str, key: str | None) -> Client:
    # One try: people see at once what is wrong, and try again themselves. No environment proxies: the
    # service is named by a setting, mostly on this machine.
    return Client(url, key=key, tries=1, trust_env=False)
