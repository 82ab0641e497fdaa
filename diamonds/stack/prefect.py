"""The address of Prefect's server, and the string with which its clients authenticate themselves."""

import secrets
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import HttpUrl, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from diamonds import secret_file
from diamonds.settings import InvalidSettings, settings
from diamonds.stack.addresses import LOOPBACK_NAMES, SERVERS, ServerName, address_of, url_of


class OtherAuthString(ValueError):
    """Prefect's clients and its server were given different strings."""


class PrefectVariables(BaseSettings):
    """Prefect's own environment variables, which keep their meanings."""

    model_config = SettingsConfigDict(env_prefix="PREFECT_", env_ignore_empty=True, frozen=True)

    api_url: str | None = None
    api_auth_string: SecretStr | None = None
    server_api_auth_string: SecretStr | None = None


@cache
def variables() -> PrefectVariables:
    """The variables of this process, read once; raises ``InvalidSettings`` where a URL is none."""
    read = PrefectVariables()
    try:
        TypeAdapter(HttpUrl | None).validate_python(read.api_url)
    except ValidationError:
        expected = "expected a URL, such as http://127.0.0.1:4200/api"
        raise InvalidSettings(f"Got PREFECT_API_URL={read.api_url!r}; {expected}.") from None
    return read


def api_url() -> str:
    """The URL of Prefect's API: that of ``PREFECT_API_URL``, or else of the server of ``diamonds run``."""
    return variables().api_url or f"{address_of('prefect').url}/api"


def is_own_server() -> bool:
    """Whether Prefect's API is that of the server that ``diamonds run`` starts."""
    own, chosen = address_of("prefect"), urlsplit(api_url())
    return chosen.port == own.port and chosen.hostname in (*LOOPBACK_NAMES, own.host)


def started_servers() -> tuple[ServerName, ...]:
    """The servers that ``diamonds run`` starts."""
    return tuple(server for server in SERVERS if server != "prefect" or is_own_server())


def auth_file() -> Path:
    """The file of the string that ``diamonds run`` makes for its server."""
    return settings().home / "prefect.auth"


def auth_string() -> str | None:
    """The string that clients send: of Prefect's variables or, for our own server, of the file."""
    given = variables().api_auth_string or (variables().server_api_auth_string if is_own_server() else None)
    if given is not None:
        return given.get_secret_value()
    return secret_file.read(auth_file()) or None if is_own_server() else None


def check_variables() -> None:
    """Raises ``OtherAuthString`` where the variables give our own server and its clients two strings."""
    clients, server = variables().api_auth_string, variables().server_api_auth_string
    if is_own_server() and clients and server and clients != server:
        expected = "expected the same string, or only one of them"
        raise OtherAuthString(
            f"Got PREFECT_API_AUTH_STRING other than PREFECT_SERVER_API_AUTH_STRING; {expected}."
        )


def ensure_auth_string() -> str:
    """The string of our own server, made and stored at the first start where no variable has one."""
    new = f"diamonds:{secrets.token_urlsafe(32)}"  # Prefect wants a user's name and a password
    if auth_string() is None:
        secret_file.create(auth_file(), new)
    return auth_string() or new


def client_environment() -> dict[str, str]:
    """The variables of a process that calls Prefect's API."""
    string = ensure_auth_string() if is_own_server() else auth_string()
    return {"PREFECT_API_URL": api_url()} | ({"PREFECT_API_AUTH_STRING": string} if string else {})


def server_environment() -> dict[str, str]:
    """The variables of our own server: who may call it, and from which pages."""
    return {
        "PREFECT_API_URL": api_url(),
        "PREFECT_SERVER_API_AUTH_STRING": ensure_auth_string(),
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ",".join(_own_origins()),
        # Its pages call it under the name by which the browser reached them.
        "PREFECT_UI_API_URL": "/api",
    }


def _own_origins() -> list[str]:
    """The pages of the server itself, by each name that this machine has for it."""
    own = address_of("prefect")
    return [url_of(host, own.port) for host in dict.fromkeys((*LOOPBACK_NAMES, own.reachable_host))]
