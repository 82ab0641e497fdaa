"""Requires a key, where keys are configured, to read exchanges, move versions, promote or give feedback."""

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from bento_service.http.errors import ApiError
from bento_service.http.responses import send_error
from diamonds.settings import settings

_NO_KEY = ApiError(
    401,
    "no_key",
    "Send one of the configured keys as `Authorization: Bearer KEY`.",
    headers={"www-authenticate": "Bearer"},
)


class KeyRequired:
    """Rejects requests that need one of the keys and come without with a 401."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_guarded(scope) and not _has_key(scope):
            await send_error(send, _NO_KEY)
        else:
            await self.app(scope, receive, send)


def _is_guarded(scope: Scope) -> bool:
    path: str = scope["path"]
    changes = scope["method"] not in ("GET", "HEAD")
    reads = path.startswith(("/exchanges", "/version_files"))
    return reads or (path.startswith(("/promotions", "/feedback")) and changes)


def _has_key(scope: Scope) -> bool:
    keys = settings().api_keys
    sent = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Bearer ")
    return not keys or any(hmac.compare_digest(sent, key.get_secret_value().encode()) for key in keys)
