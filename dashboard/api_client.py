"""Asks the HTTP API; the dashboard knows prices, models and exchanges from nowhere else."""

from typing import Any

import httpx

from diamonds.settings import settings

TIMEOUT_SECONDS = 30.0

Answer = dict[str, Any]


class ServiceDown(ConnectionError):
    """The service does not answer."""


class Refused(ValueError):
    """The service answered that it will not do it; the message is the service's own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def service_url() -> str:
    """Where the service is."""
    chosen = settings()
    return chosen.service_url or f"http://{chosen.reachable_host}:{chosen.service_port}"


def ask(path: str, body: Answer | None = None) -> Answer:
    """What the service answers to a POST; raises ``ServiceDown`` or ``Refused``."""
    return _content(send("POST", path, json=body or {}))


def read(path: str, /, **parameters: str | int | None) -> Answer:
    """What the service answers to a GET; parameters that are None are left out."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return _content(send("GET", path, params=given))


def download(path: str) -> bytes:
    """The file that the service gives; raises ``ServiceDown`` or ``Refused``."""
    return checked(send("GET", path)).content


def upload(path: str, content: bytes) -> Answer:
    """What the service answers to a file; raises ``ServiceDown`` or ``Refused``."""
    return _content(send("POST", path, content_type="application/octet-stream", content=content))


def send(method: str, path: str, *, content_type: str = "application/json", **content: Any) -> httpx.Response:
    """The service's response, whatever its status; raises ``ServiceDown`` when there is none."""
    try:
        return _client.request(
            method,
            f"{service_url()}{path}",
            headers={"content-type": content_type, **_key()},
            timeout=TIMEOUT_SECONDS,
            **content,
        )
    except httpx.TransportError as error:
        raise ServiceDown(f"The service at {service_url()} does not answer: {error}") from error


def checked(response: httpx.Response) -> httpx.Response:
    """The response if it is a good one; raises ``Refused`` with what the service says otherwise."""
    if response.is_error:
        raise _refusal(response)
    return response


def _key() -> dict[str, str]:
    """One of the keys of the service, where it is configured with any."""
    keys = sorted(key.get_secret_value() for key in settings().api_keys)
    return {"authorization": f"Bearer {keys[0]}"} if keys else {}


def _content(response: httpx.Response) -> Answer:
    answer: Answer = checked(response).json()
    return answer


def _refusal(response: httpx.Response) -> Refused:
    try:
        error = response.json()["error"]
        return Refused(response.status_code, error["code"], error["message"])
    except (ValueError, KeyError, TypeError):
        message = f"The service answered with status {response.status_code}: {response.text[:200]}"
        return Refused(response.status_code, "unknown", message)


# No environment proxies: the service is named by a setting, mostly on this machine.
_client = httpx.Client(trust_env=False)
