"""Checks the key of each request, and that it comes under a name of this service."""

from contextvars import ContextVar
from functools import cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bento_service.http.access import HEALTH, Need, first_part, need_of
from bento_service.http.errors import ApiError
from bento_service.http.exposure import is_exposed
from bento_service.http.hosts import check_host
from bento_service.http.rates import check_rate
from bento_service.http.responses import send_error
from diamonds.keys.key import Identity
from diamonds.keys.keyring import Keyring, NotReadYet
from diamonds.keys.scopes import allows
from diamonds.settings import settings

_BEARER = b"bearer "
_CHALLENGE = {"www-authenticate": "Bearer"}
_NOT_READ_YET = ApiError(
    503,
    "keys_unavailable",
    "The keys cannot be read; try again.",
    headers={"retry-after": "1"},
)

caller: ContextVar[Identity | None] = ContextVar("caller", default=None)
"""Whose key came with the request in hand; None where none came, or none was needed and it is unknown."""


@cache
def keyring() -> Keyring:
    """The keys of this process."""
    return Keyring(settings().home, [key.get_secret_value() for key in settings().api_keys])


class KeyRequired:
    """Rejects requests without the key that they need (401), with a key of too small a scope or under a
    foreign name (403), and too many of one caller (429).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            keyring().start()
            await self.app(scope, receive, _stopping_keyring(send))
            return
        try:
            if scope["type"] == "http":
                identity = check_access(scope)
                caller.set(identity)
                check_rate(scope, identity)
        except ApiError as error:
            await send_error(send, error)
        else:
            await self.app(scope, receive, send)


def is_refused(scope: Scope) -> bool:
    """Whether the request is one that may not call."""
    try:
        check_access(scope)
    except ApiError:
        return True
    return False


def check_access(scope: Scope) -> Identity | None:
    """Who calls, None for nobody in particular; raises the ApiError for a request that may not."""
    need = need_of(scope["method"], scope["path"])
    if need is None and first_part(scope["path"]) in HEALTH:
        return None
    hosts, credentials = [], []
    for name, value in scope["headers"]:
        if name == b"host":
            hosts.append(value)
        elif name == b"authorization":
            credentials.append(value)
    check_host(hosts, scope["http_version"])
    if need is None:
        return None
    is_open = need.open_on_loopback and not is_exposed()
    identity = _identify(credentials, is_open)
    if not is_open:
        _check_scope(identity, need)
    return identity


def _identify(credentials: list[bytes], is_open: bool) -> Identity | None:
    if len(credentials) != 1 or credentials[0][: len(_BEARER)].lower() != _BEARER:
        return None
    try:
        return keyring().find(credentials[0][len(_BEARER) :].strip())
    except NotReadYet:
        if is_open:
            return None
        raise _NOT_READ_YET from None


def key_name(credentials: list[bytes]) -> str | None:
    """The name of the key in the headers ``Authorization`` of a request; None: there is no valid one."""
    identity = _identify(credentials, is_open=True)
    return identity.name if identity else None


def _check_scope(identity: Identity | None, need: Need) -> None:
    if identity is None:
        message = (
            "Send a valid key as `Authorization: Bearer KEY`; the file admin.key in DIAMONDS_HOME has one, "
            "and `diamonds keys add` makes others."
        )
        raise ApiError(401, "no_key", message, headers=_CHALLENGE)
    if need.scope is not None and not allows(identity.scopes, need.scope):
        got = ", ".join(sorted(identity.scopes))
        message = f"Got a key of too small a scope ({got}); expected one with the scope {need.scope}."
        raise ApiError(403, "scope_too_small", message)


def _stopping_keyring(send: Send) -> Send:
    async def stop_and_send(message: Message) -> None:
        if message["type"].startswith("lifespan.shutdown."):
            keyring().stop()
        await send(message)

    return stop_and_send
