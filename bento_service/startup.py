"""What the service checks before it starts, in the process that starts the workers."""

import click
from bentoml._internal.configuration.containers import BentoMLContainer

from diamonds.database import release
from diamonds.keys.binding import NoKeys, check_binding
from diamonds.loopback import is_loopback
from diamonds.settings import InvalidSettings, Settings, settings


def valid_settings() -> Settings:
    """The settings; ends the process with one line where one is wrong."""
    try:
        return settings()
    except InvalidSettings as error:
        raise SystemExit(f"diamonds: {error}") from None


def check_start() -> None:
    """Ends the process with one line where the service would be open to everybody."""
    host = _host()
    try:
        check_binding(host)
    except NoKeys as error:
        raise SystemExit(f"diamonds: {error}") from None
    finally:
        release()
    if "*" in settings().cors_origins and not is_loopback(host):
        got = f"Got DIAMONDS_CORS_ORIGINS=* and the address {host}, which other machines reach"
        raise SystemExit(f"diamonds: {got}; expected origins such as https://app.example.")


def _host() -> str:
    """The address to bind to: an option of ``bentoml serve``, its environment variable, or the setting."""
    context = click.get_current_context(silent=True)
    chosen = context.params.get("host") if context else None
    return str(chosen or BentoMLContainer.http.host.get())
