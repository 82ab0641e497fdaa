"""Stands before a service and answers ``GET /keys/self`` for keys that tests make and revoke."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import orjson


@dataclass(slots=True)
class KeyService:
    """The URL, and the scopes by key; what has no key or one too small is a 401 or a 403."""

    url: str = ""
    scopes: dict[str, list[str]] = field(default_factory=dict)

    def answer(self, key: str, path: str, method: str) -> tuple[int, bytes] | None:
        """The response to a request of this key, or None where the service itself has it."""
        if key not in self.scopes:
            return _error(401, "no_key", "Send a key as `Authorization: Bearer KEY`.")
        if path == "/keys/self":
            name = f"holder of {self.scopes[key]}"
            return 200, orjson.dumps({"name": name, "scopes": self.scopes[key]})
        needed = "read" if path.startswith(("/exchanges", "/datasets")) else "quote"
        if not {needed, "admin"} & set(self.scopes[key]):
            return _error(403, "scope_too_small", f"This needs a key with the scope {needed}.")
        return None


def _error(status: int, code: str, message: str) -> tuple[int, bytes]:
    return status, orjson.dumps({"error": {"code": code, "message": message, "fields": []}})


@contextmanager
def key_service(service: str) -> Iterator[KeyService]:
    """A key service before the service of this URL."""
    keys = KeyService()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            key = self.headers.get("authorization", "").removeprefix("Bearer ")
            answer = keys.answer(key, self.path.partition("?")[0], self.command)
            if answer is None:
                answer = self.forward(body)
            self.reply(*answer)

        do_POST = do_GET  # noqa: N815 - the name of the base class

        def forward(self, body: bytes) -> tuple[int, bytes]:
            headers = {"content-type": self.headers.get("content-type", "application/json")}
            url = service + self.path
            response = httpx.request(self.command, url, content=body, headers=headers, timeout=60)
            return response.status_code, response.content

        def reply(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    keys.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield keys
    finally:
        server.shutdown()
        server.server_close()
