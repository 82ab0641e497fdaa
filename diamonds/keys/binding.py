"""Refuses to bind to an address that other machines reach where there is no key."""

from datetime import UTC, datetime

from diamonds.keys.database import UNREADABLE, stored_keys
from diamonds.loopback import is_loopback
from diamonds.settings import settings

_ADVICE = (
    "make one with `diamonds keys add NAME --scope quote` or set DIAMONDS_API_KEYS, and start again; "
    "or bind to 127.0.0.1"
)


class TooOpen(RuntimeError):
    """Other machines would reach a service that is set up for this one alone."""


class NoKeys(TooOpen):
    """Other machines would reach the service, and no key would let anybody in."""


def check_binding(host: str) -> None:
    """Raises ``TooOpen`` where other machines reach the address, and all pages may call the service.

    Raises ``NoKeys`` where there is no key but ``admin.key``.
    """
    if is_loopback(host):
        return
    if "*" in settings().cors_origins:
        got = f"Got DIAMONDS_CORS_ORIGINS=* and the address {host}, which other machines reach"
        raise TooOpen(f"{got}; expected origins such as https://app.example.")
    if not settings().api_keys:
        _check_keys(host)


def _check_keys(host: str) -> None:
    try:
        is_usable = any(key.is_active(datetime.now(UTC)) for key in stored_keys())
    except UNREADABLE as error:
        reason = f"the database cannot be read for keys ({type(error).__name__})"
        raise NoKeys(
            f"Got the address {host}, which other machines reach, and {reason}; {_ADVICE}."
        ) from None
    if not is_usable:
        raise NoKeys(
            f"Got the address {host}, which other machines reach, and there is no API key; {_ADVICE}."
        )
