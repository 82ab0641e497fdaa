"""Sends requests to Prefect's REST API, and says in sentences what is wrong where it does not answer them."""

import time
from typing import Any

import httpx

from diamonds.api.retries import backoff_seconds, wait_seconds
from diamonds.prefect_api.auth import PrefectAuth
from diamonds.settings import settings
from diamonds.stack.prefect import api_url

TIMEOUT_SECONDS = 15.0
_TRIES = 5


class PrefectDown(ConnectionError):
    """Prefect's server does not answer."""


class PrefectRefused(LookupError):
    """Prefect's server responded with an error."""


class UnknownRun(PrefectRefused):
    """Prefect has no run of that id."""


def prefect_url() -> str:
    """The URL of Prefect's server."""
    return settings().prefect_url or api_url().removesuffix("/").removesuffix("/api")


def call(method: str, path: str, body: object = None) -> Any:
    """The JSON that the server responds with, None where it has no content.

    A request is sent again where its connection broke or the server is busy, as it is while its database is
    locked: the body has to be one that does the same when it comes twice.

    Raises ``PrefectDown``, ``PrefectRefused``, or ``UnknownRun`` for what it does not know.
    """
    try:
        response = _send_until_answered(method, f"{prefect_url()}/api{path}", body)
    except httpx.TransportError as error:
        raise PrefectDown(f"Prefect's server at {prefect_url()} does not answer: {error}") from error
    if response.status_code == httpx.codes.NOT_FOUND:
        raise UnknownRun(f"Prefect does not know {path.strip('/')}; it may have been deleted.")
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise PrefectRefused(f"Prefect's server at {prefect_url()} wants another PREFECT_API_AUTH_STRING.")
    if response.is_error:
        raise PrefectRefused(f"Prefect answered with status {response.status_code}: {response.text[:200]}")
    return response.json() if response.content else None


def _send_until_answered(method: str, url: str, body: object) -> httpx.Response:
    """The last response; raises ``httpx.TransportError`` where there is none."""
    for tried in range(1, _TRIES):
        try:
            response = _client.request(method, url, json=body, timeout=TIMEOUT_SECONDS)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            wait: float | None = backoff_seconds(tried)
        else:
            wait = wait_seconds(response, tried)
            if wait is None:
                return response
        time.sleep(wait or 0)
    return _client.request(method, url, json=body, timeout=TIMEOUT_SECONDS)


_client = httpx.Client(trust_env=False, auth=PrefectAuth())
