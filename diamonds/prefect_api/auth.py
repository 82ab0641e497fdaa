"""Authenticates requests to Prefect's API, and protects them against forgery as its server demands."""

import base64
import threading
from collections.abc import Generator
from uuid import uuid4

import httpx

from diamonds.stack.prefect import auth_string

_REFUSAL = "CSRF token"
"""What the detail of a refused request contains that has no valid token."""


class _Protection(threading.local):
    """The token of a thread: the server has one a client, and replaces it when it is asked for another."""

    def __init__(self) -> None:
        self.client = str(uuid4())
        self.token: str | None = None

    def apply(self, request: httpx.Request) -> None:
        if self.token:
            request.headers.update({"prefect-csrf-client": self.client, "prefect-csrf-token": self.token})


class PrefectAuth(httpx.Auth):
    """Adds the auth string to each request and, to those that may change something, a token of the server."""

    requires_response_body = True

    def __init__(self) -> None:
        self._protection = _Protection()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request, and again with a new token where the server refuses it for its token."""
        string = auth_string()
        if string:
            request.headers["authorization"] = f"Basic {base64.b64encode(string.encode()).decode()}"
        self._protection.apply(request)
        response = yield request
        if response.status_code == httpx.codes.FORBIDDEN and _REFUSAL in response.text:
            answer = yield self._token_request(request)
            self._protection.token = answer.json()["token"] if answer.is_success else None
            self._protection.apply(request)
            yield request

    def _token_request(self, request: httpx.Request) -> httpx.Request:
        api, _, _ = str(request.url).partition("/api/")
        headers = {name: value for name, value in request.headers.items() if name == "authorization"}
        return httpx.Request("GET", f"{api}/api/csrf-token?client={self._protection.client}", headers=headers)
