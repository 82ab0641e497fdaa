"""Headers of every response that tell browsers what they may not do with it."""

from uvicorn.config import Config
from uvicorn.server import ServerState

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""Headers that have browsers neither guess types, nor show a response in a frame or on another site."""


def add_security_headers(config: Config, server_state: ServerState) -> None:
    """Has the server send them with every response, its own errors included, at no cost to a request."""
    if SECURITY_HEADERS[0] not in config.encoded_headers:
        config.encoded_headers.extend(SECURITY_HEADERS)
        server_state.default_headers = [*server_state.default_headers, *SECURITY_HEADERS]
