"""Sends requests to Prefect's REST API, and says in sentences what is wrong where it does not answer them."""

from typing import Any

import httpx

from diamonds.prefect_api.auth import PrefectAuth
from diamonds.settings import settings
from diamonds.stack.prefect import api_url

TIMEOUT_SECONDS = 15.0


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

    Raises ``PrefectDown``, ``PrefectRefused``, or ``UnknownRun`` for what it does not know.
    """
    try:
        response = _client.request(method, f"{prefect_url()}/api{path}", json=body, timeout=TIMEOUT_SECONDS)
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
