"""Takes from the proxies in front who called, under which name and below which path."""

import re
from collections.abc import Sequence

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from diamonds.settings import PATH_PREFIX

_PREFIX = re.compile(PATH_PREFIX)
_SCOPE_KEY = "diamonds.prefix"


class BehindProxies:
    """Puts what trusted proxies say in the place of what the connection says, and removes the path prefix.

    ``X-Forwarded-For`` and ``X-Forwarded-Proto`` by uvicorn's middleware, and ``X-Forwarded-Host`` and
    ``X-Forwarded-Prefix``, which proxies send that have removed it; of other clients they mean nothing.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str], prefix: str) -> None:
        self.app = app
        self._prefix = prefix
        self._forwarded = ProxyHeadersMiddleware(self._answer, list(trusted))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if (scope.get("client") or ("",))[0] in self._forwarded.trusted_hosts:
            _take_host_and_prefix(scope)
        await self._forwarded(scope, receive, send)  # type: ignore[arg-type]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix, path = self._prefix, scope["path"]
        scope.setdefault(_SCOPE_KEY, prefix)
        if prefix and path == prefix:  # where the links of the page would lead above the prefix
            await RedirectResponse(f"{prefix}/", 308)(scope, receive, send)
            return
        if prefix and path.startswith(f"{prefix}/"):
            scope["path"] = path.removeprefix(prefix)
        await self.app(scope, receive, send)


def public_prefix(scope: Scope) -> str:
    """The path below which the client of this request has the service, without a slash at its end."""
    prefix: str = scope.get(_SCOPE_KEY, "")
    return prefix


def _take_host_and_prefix(scope: Scope) -> None:
    # Some proxies add a line of their own below the one that they got: the first is what the client called.
    forwarded = {
        name: value for name, value in reversed(scope["headers"]) if name.startswith(b"x-forwarded-")
    }
    host, prefix = (_first(forwarded.get(name, b"")) for name in (b"x-forwarded-host", b"x-forwarded-prefix"))
    if host:
        others = [header for header in scope["headers"] if header[0] != b"host"]
        scope["headers"] = [*others, (b"host", host)]
    path = prefix.decode("latin-1").rstrip("/")
    if path and _PREFIX.fullmatch(path):
        scope[_SCOPE_KEY] = path


def _first(value: bytes) -> bytes:
    """Of a list, to which each proxy adds at the end, what the client called."""
    return value.partition(b",")[0].strip()
