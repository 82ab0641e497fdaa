"""Sends requests to Prefect's REST API, and says in sentences what is wrong where it does not answer them."""

from typing import Any

import httpx

from diamonds.api.retries import send_until_answered
from diamonds.prefect_api.auth import PrefectAuth
from diamonds.settings import settings
from diamonds.stack.prefect import api_url

TIMEOUT_SECONDS = 15.0
_TRIES = 5
_BROKEN = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


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

    def send(_before: int) -> httpx.Response:
        return _client.request(method, f"{prefect_url()}/api{path}", json=body, timeout=TIMEOUT_SECONDS)

    try:
        response = send_until_answered(send, _TRIES, _BROKEN)
    except httpx.TransportError as error:
        raise PrefectDown(f"Prefect's server at {prefect_url()} does not answer: {error}") from error
    if response.status_code == httpx.codes.NOT_FOUND:
        raise UnknownRun(f"Prefect does not know {path.strip('/')}; it may have been deleted.")
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise PrefectRefused(f"Prefect's server at {prefect_url()} wants another PREFECT_API_AUTH_STRING.")
    if response.is_error:
        raise PrefectRefused(f"Prefect answered with status {response.status_code}: {response.text[:200]}")
    return response.json() if response.content else None


_client = httpx.Client(trust_env=False, auth=PrefectAuth())
