"""Who may call the service, how often, and from which web pages."""

import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from diamonds.settings.values import Count, Listed

_KEY = re.compile(r"[!-~]{16,512}")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def _check_key(key: SecretStr) -> SecretStr:
    if _KEY.fullmatch(key.get_secret_value()) is None:
        length = len(key.get_secret_value())
        raise ValueError(
            f"Got DIAMONDS_API_KEYS with a key of {length} characters; expected 16 to 512 visible ASCII "
            "characters in each, such as `openssl rand -hex 32` prints."
        )
    return key


def _check_origin(origin: str) -> str:
    if origin != "*" and _ORIGIN.fullmatch(origin.lower()) is None:
        raise ValueError(
            f"Got DIAMONDS_CORS_ORIGINS with {origin!r}; expected a scheme and a host, such as https://app.example."
        )
    return origin.lower()


def _check_network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        got = f"Got DIAMONDS_TRUSTED_PROXIES with {text!r}"
        raise ValueError(f"{got}; expected an address or a network, such as 10.0.0.0/8.") from None
    return text


ApiKey = Annotated[SecretStr, AfterValidator(_check_key)]
Network = Annotated[str, AfterValidator(_check_network)]
Origin = Annotated[str, AfterValidator(_check_origin)]


class AccessSettings(BaseModel):
    """Who may call the service, how often, and from which web pages."""

    api_keys: Annotated[frozenset[ApiKey], *Listed] = Field(
        default=frozenset(),
        description="API keys with all scopes, as JSON or with commas, of at least 16 characters, beside "
        "those of `diamonds keys`.",
    )
    allowed_hosts: Annotated[frozenset[str], *Listed] = Field(
        default=frozenset(),
        description="Host names under which the service is called, besides its own, as JSON or with commas; "
        "`*`: any.",
    )
    cors_origins: Annotated[frozenset[Origin], *Listed] = Field(
        default=frozenset(),
        description="Origins of web applications that may call the API from a browser, as JSON or with "
        "commas, such as https://app.example; `*`: any, on loopback only.",
    )
    rate_limit: str | None = Field(
        default=None,
        pattern=r"^[1-9][0-9]*/(second|minute|hour|day)$",
        description="Maximum rate of requests with one key, or of one address without, to each worker, such "
        "as 600/minute; others get status 429. Unset: no limit.",
    )
    quota: Count | None = Field(
        default=None,
        description="Maximum number of requests with one key, or of one address without, to each worker in a "
        "day. Unset: no limit.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], *Listed] = Field(
        default=(),
        description="Addresses or networks of the proxies whose `X-Forwarded-For`, `-Proto`, `-Host` and "
        "`-Prefix` count, as JSON or with commas, such as 10.0.0.0/8.",
    )
    session_idle_minutes: float = Field(
        default=30.0,
        gt=0,
        le=10**6,
        description="Time without activity after which the dashboard signs a person out, in minutes.",
    )
