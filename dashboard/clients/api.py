"""Calls the HTTP API, the dashboard's only source of prices, models and exchanges."""

from functools import cache
from typing import Any

import httpx
import orjson
from prometheus_client.parser import text_string_to_metric_families

from dashboard.clients.key import current_key, service_url
from diamonds.api.client import Client, Refused, ServiceDown, checked

__all__ = [
    "BY_ITSELF",
    "JsonObject",
    "Refused",
    "ServiceDown",
    "ask",
    "download",
    "get",
    "metric",
    "post",
    "quote",
    "send",
    "service_url",
    "upload",
]

JsonObject = dict[str, Any]

USER_AGENT = "diamonds-dashboard"
"""Marks what people do on a page among the recorded exchanges."""
BY_ITSELF = f"{USER_AGENT} (by itself)"
"""Marks what a page reads so that it can be drawn."""


def get(path: str, /, **query: str | int | None) -> JsonObject:
    """The JSON response to a GET, without parameters that are None; raises ``ServiceDown`` or ``Refused``."""
    parameters = {name: value for name, value in query.items() if value is not None}
    response: JsonObject = checked(_send("GET", path, _MARKED, params=parameters)).json()
    return response


def metric(name: str) -> float:
    """The largest value of a gauge of the service's metrics, 0 where it has none; raises ``ServiceDown``."""
    families = text_string_to_metric_families(checked(_send("GET", "/metrics", _MARKED)).text)
    samples = [sample for family in families for sample in family.samples]
    return max((sample.value for sample in samples if sample.name == name), default=0.0)


def post(path: str, body: JsonObject) -> JsonObject:
    """The JSON response to a POST; raises ``ServiceDown`` or ``Refused``."""
    response: JsonObject = checked(send("POST", path, orjson.dumps(body))).json()
    return response


def ask(path: str, body: JsonObject) -> JsonObject:
    """The JSON response to a POST that a page needs to be drawn; raises ``ServiceDown`` or ``Refused``."""
    headers = {"content-type": "application/json", **_MARKED}
    response: JsonObject = checked(_send("POST", path, headers, content=orjson.dumps(body))).json()
    return response


def quote(stone: JsonObject) -> JsonObject:
    """The response to a ``POST /predict`` with the ``exchange_id``; raises ``ServiceDown`` or ``Refused``."""
    response = checked(send("POST", "/predict", orjson.dumps(stone)))
    return {**response.json(), "exchange_id": response.headers["x-exchange-id"]}


def download(path: str) -> bytes:
    """The content of a file; raises ``ServiceDown`` or ``Refused``."""
    return checked(_send("GET", path)).content


def upload(path: str, content: bytes) -> JsonObject:
    """The JSON response to a POST of a file; raises ``ServiceDown`` or ``Refused``."""
    response: JsonObject = checked(
        _send("POST", path, {"content-type": "application/octet-stream"}, content=content)
    ).json()
    return response


def send(method: str, path: str, content: bytes) -> httpx.Response:
    """The response to a JSON request, whatever its status; raises ``ServiceDown`` when there is none."""
    return _send(method, path, {"content-type": "application/json"}, content=content)


def _send(method: str, path: str, headers: dict[str, str] | None = None, **content: Any) -> httpx.Response:
    """The response to a request with the key of the present session, whatever its status."""
    key = current_key()
    authorization = {"authorization": f"Bearer {key}"} if key else {}
    headers = {"user-agent": USER_AGENT, **(headers or {}), **authorization}
    return _client_of(service_url()).send(method, path, headers=headers, **content)


_MARKED = {"user-agent": BY_ITSELF}


@cache
def _client_of(url: str) -> Client:
    # One try: people see an error at once, and try again themselves. No environment proxies: a setting has
    # the service's URL, mostly one on this machine.
    return Client(url, tries=1, trust_env=False)
