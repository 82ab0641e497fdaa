"""Calls the HTTP API, the dashboard's only source of prices, models and exchanges."""

from functools import cache
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from diamonds.api.client import Client, Refused, ServiceDown
from diamonds.settings import settings

__all__ = [
    "JsonObject",
    "Refused",
    "ServiceDown",
    "download",
    "get",
    "metric",
    "post",
    "send",
    "service_url",
    "upload",
]

JsonObject = dict[str, Any]


def service_url() -> str:
    """The URL of the service."""
    chosen = settings()
    return chosen.service_url or f"http://{chosen.reachable_host}:{chosen.service_port}"


def get(path: str, /, **query: str | int | None) -> JsonObject:
    """The JSON response to a GET, without parameters that are None; raises ``ServiceDown`` or ``Refused``."""
    parameters = {name: value for name, value in query.items() if value is not None}
    response: JsonObject = _client().call("GET", path, params=parameters).json()
    return response


def metric(name: str) -> float:
    """The largest value of a gauge of the service's metrics, 0 where it has none; raises ``ServiceDown``."""
    families = text_string_to_metric_families(_client().call("GET", "/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return max((sample.value for sample in samples if sample.name == name), default=0.0)


def post(path: str, body: JsonObject) -> JsonObject:
    """The JSON response to a POST; raises ``ServiceDown`` or ``Refused``."""
    response: JsonObject = _client().call("POST", path, body).json()
    return response


def download(path: str) -> bytes:
    """The content of a file; raises ``ServiceDown`` or ``Refused``."""
    return _client().call("GET", path).content


def upload(path: str, content: bytes) -> JsonObject:
    """The JSON response to a POST of a file; raises ``ServiceDown`` or ``Refused``."""
    headers = {"content-type": "application/octet-stream"}
    response: JsonObject = _client().call("POST", path, content=content, headers=headers).json()
    return response


def send(method: str, path: str, content: bytes) -> httpx.Response:
    """The response to a JSON request, whatever its status; raises ``ServiceDown`` when there is none."""
    return _client().send(method, path, headers={"content-type": "application/json"}, content=content)


def _client() -> Client:
    """The client of the service, with one of the keys in the settings where there is any."""
    keys = sorted(key.get_secret_value() for key in settings().api_keys)
    return _client_of(service_url(), keys[0] if keys else None)


@cache
def _client_of(url: str, key: str | None) -> Client:
    # One try: people see an error at once, and try again themselves. No environment proxies: a setting has
    # the service's URL, mostly one on this machine.
    return Client(url, key=key, tries=1, trust_env=False)
