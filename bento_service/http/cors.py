"""Lets web applications of the configured origins call the API from a browser (CORS)."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bento_service.http.origins import is_listed
from diamonds.settings import settings

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_HEADERS = ("Authorization", "Content-Type", "X-Exchange-Id", "X-Exchange-Retry")
_EXPOSED_HEADERS = ("X-Exchange-Id", "Retry-After", "X-Recording")


class BrowserAccess(CORSMiddleware):
    """Answers the preflights of the allowed origins, and lets their pages read the responses.

    It is outside all else, for a page has to read errors too. A preflight carries neither key nor body: it is
    no call, and not recorded. Those of other origins are left to the API, which refuses them.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            allow_origins=settings().cors_origins,
            allow_methods=_METHODS,
            allow_headers=_HEADERS,
            expose_headers=_EXPOSED_HEADERS,
            allow_private_network=True,  # the pages are listed by name, wherever the service is
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.is_allowed_origin(Headers(scope=scope).get("origin", "")):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether its pages may call."""
        return bool(origin) and is_listed(origin.encode("latin-1"))
