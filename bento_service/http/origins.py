"""Refuses what a page of another site makes a browser send, unless it only reads or the site is listed."""

import re
from collections.abc import Sequence

from starlette.types import Scope

from bento_service.http.errors import ApiError, excerpt
from bento_service.http.exposure import is_exposed
from bento_service.http.hosts import HOST
from diamonds.settings import settings

# Browsers add these headers, and no page can change them; other programs send none of them.
SENT_BY_BROWSERS = frozenset({b"origin", b"sec-fetch-site"})
_OWN_SITES = (b"same-origin", b"none")  # none: the person typed the address
_DEFAULT_PORTS = {b"http": 80, b"https": 443}
_HOST_HEADER, _ORIGIN_HEADER = re.compile(HOST), re.compile(rb"(https?)://" + HOST)


def foreign_origin(scope: Scope) -> ApiError | None:
    """The 403 for a request other than GET and HEAD whose headers name another host or port than ``Host``."""
    if scope["method"] in ("GET", "HEAD"):
        return None
    origins = _values(scope, b"origin")
    if len(origins) == 1 and is_listed(origins[0]):
        return None
    if origins and not _is_own(origins, _values(scope, b"host")):
        return _refusal("Origin", origins)
    sites = _values(scope, b"sec-fetch-site")
    return None if all(site in _OWN_SITES for site in sites) else _refusal("Sec-Fetch-Site", sites)


def is_listed(origin: bytes) -> bool:
    """Whether pages of this origin may call; ``*`` lists any where other machines cannot."""
    listed = settings().cors_origins
    return origin.decode("latin-1").lower() in listed or ("*" in listed and not is_exposed())


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value.lower() for header, value in scope["headers"] if header == name]


def _is_own(origins: Sequence[bytes], hosts: Sequence[bytes]) -> bool:
    if len(origins) != 1 or len(hosts) != 1:
        return False
    origin, host = _ORIGIN_HEADER.fullmatch(origins[0]), _HOST_HEADER.fullmatch(hosts[0])
    if origin is None or host is None:
        return False
    # The scheme is the browser's: behind a proxy that ends TLS, this process only sees plain HTTP.
    default = _DEFAULT_PORTS[origin[1]]
    return (origin[2], int(origin[3] or default)) == (host[1], int(host[2] or default))


def _refusal(header: str, values: Sequence[bytes]) -> ApiError:
    got = excerpt(b", ".join(values).decode("latin-1"))
    expected = "expected a page of this service or of DIAMONDS_CORS_ORIGINS; programs leave it out"
    message = f"Got {header}={got!r}; {expected}."
    return ApiError(403, "foreign_origin", message, [{"field": header, "message": message, "got": got}])
