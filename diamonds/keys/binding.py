"""Refuses to bind to an address that other machines reach where there is no key."""

from datetime import UTC, datetime

from diamonds.keys.database import UNREADABLE, stored_keys
from diamonds.loopback import is_loopback
from diamonds.settings import settings

_ADVICE = (
    "make one with `diamonds keys add NAME --scope quote` or set DIAMONDS_API_KEYS, and start again; "
    "or bind to 127.0.0.1"
)


class NoKeys(RuntimeError):
    """Other machines would reach the service, and no key would let anybody in."""


def check_binding(host: str) -> None:
    """Raises ``NoKeys`` where other machines reach the address, and there is no key but ``admin.key``."""
    if is_loopback(host) or settings().api_keys:
        return
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
