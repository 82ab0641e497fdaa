"""A client that records every exchange that it had with the service."""

from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange as the client saw it."""

    id: str
    method: str
    path: str
    status: int
    request: bytes
    response: bytes


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the service and records the exchanges in order."""

    http: httpx.Client
    seen: list[Seen] = field(default_factory=list)

    def call(self, method: str, url: str, **arguments: object) -> httpx.Response:
        response = self.http.request(method, url, **arguments)  # type: ignore[arg-type] # passed on as given
        self.seen.append(
            Seen(
                id=response.headers["X-Exchange-Id"],
                method=method,
                path=response.request.url.path,
                status=response.status_code,
                request=response.request.content,
                response=response.content,
            )
        )
        return response

    def post(self, url: str, body: object) -> httpx.Response:
        return self.call("POST", url, json=body)

    def get(self, url: str) -> httpx.Response:
        return self.call("GET", url)
