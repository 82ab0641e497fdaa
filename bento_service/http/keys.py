"""Requires a key, where keys are configured, to read exchanges, move versions, promote or give feedback."""

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from bento_service.http.errors import ApiError
from bento_service.http.responses import send_error
from diamonds.settings import settings


class KeyRequired:
    """Rejects requests that need one of the keys and come without with a 401."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["type"] == "http":
                check_key(scope)
        except ApiError as error:
            await send_error(send, error)
        else:
            await self.app(scope, receive, send)


def check_key(scope: Scope) -> None:
    """Raises the 401 for a request that needs one of the keys and comes without."""
    if _is_guarded(scope) and not _has_key(scope):
        message = "Send one of the configured keys as `Authorization: Bearer KEY`."
        raise ApiError(401, "no_key", message, headers={"www-authenticate": "Bearer"})


def _is_guarded(scope: Scope) -> bool:
    path: str = scope["path"]
    changes = scope["method"] not in ("GET", "HEAD")
    reads = path.startswith(("/exchanges", "/version_files"))
    return reads or (path.startswith(("/promotions", "/feedback")) and changes)


def _has_key(scope: Scope) -> bool:
    keys = settings().api_keys
    sent = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Bearer ")
    return not keys or any(hmac.compare_digest(sent, key.get_secret_value().encode()) for key in keys)
