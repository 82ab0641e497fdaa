"""The HTTP API ahead of BentoML's own: routes requests, and rejects unknown paths and wrong methods."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from bento_service.http.errors import ApiError, excerpt
from bento_service.http.proxies import public_prefix
from bento_service.http.responses import JsonResponse, error_response
from bento_service.http.threads import FILES, run_in

if TYPE_CHECKING:
    from bento_service.http.documentation import Documentation

BENTOML_PATHS = ("/livez", "/healthz", "/metrics", "/schema.json", "/static_content/")

Grades = Callable[[], Mapping[str, Sequence[str]]]
"""Gives the grades that the documentation lists, by field."""


class Api:
    """Answers the routes, their documentation, and unknown paths with a 404; leaves BentoML's paths to it.

    The first route, the busiest, comes ahead of Starlette's router, which takes 3 to 6% of the time
    of a quote.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[Route], grades: Grades = dict) -> None:
        self.app = app
        self.first = routes[0]
        self.routes = [*routes, *_documentation(routes, grades)]
        self.router = Router(self.routes, redirect_slashes=False, default=self._other_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_bentomls(scope):
            await self.app(scope, receive, send)
        elif scope["path"] == self.first.path and scope["method"] in (self.first.methods or ()):
            await self.first.app(scope, receive, send)
        else:
            await self._route(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":  # answered as GET; the server leaves the body out
            scope = {**scope, "method": "GET"}
        try:
            await self.router(scope, receive, send)
        except HTTPException:  # what Starlette raises for a wrong method
            await self._wrong_method(scope)(scope, receive, send)

    async def _other_path(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "*" and scope["method"] == "OPTIONS":  # which asks about the server as a whole
            response = Response(status_code=204, headers={"allow": _methods(self.routes)})
        elif scope["path"].startswith(BENTOML_PATHS):
            response = _method_not_allowed(scope, "GET")
        else:
            response = error_response(ApiError(404, "not_found", self._nothing_at(scope)))
        await response(scope, receive, send)

    def _nothing_at(self, scope: Scope) -> str:
        similar = re.sub("//+", "/", scope["path"]).rstrip("/")
        known = similar and self._matching({**scope, "path": similar})
        hint = f"did you mean {excerpt(similar)}?" if known else "/docs describes what there is."
        return f"There is nothing at {excerpt(scope['path'])}; {hint}"

    def _wrong_method(self, scope: Scope) -> Response:
        return _method_not_allowed(scope, _methods(self._matching(scope)))

    def _matching(self, scope: Scope) -> list[Route]:
        """The routes of a path, whatever their methods."""
        return [route for route in self.routes if route.matches(scope)[0] is not Match.NONE]


def _documentation(routes: Sequence[Route], grades: Grades) -> list[Route]:
    """The routes of the documentation, which is written in a thread when it is first asked for."""

    @cache
    def documentation() -> "Documentation":
        from bento_service.http.documentation import Documentation

        return Documentation.of(routes)

    async def openapi(request: Request) -> Response:
        prefix = public_prefix(request.scope)
        servers = {"servers": [{"url": prefix}]} if prefix else {}
        written = await run_in(FILES, documentation)
        return JsonResponse(written.with_grades(grades()) | servers)

    async def page(_request: Request) -> Response:
        return (await run_in(FILES, documentation)).page

    return [Route("/docs.json", openapi), Route("/docs", page), Route("/", page)]


def _is_bentomls(scope: Scope) -> bool:
    return scope["path"].startswith(BENTOML_PATHS) and scope["method"] in ("GET", "HEAD")


def _methods(routes: Sequence[Route]) -> str:
    return ", ".join(sorted({method for route in routes for method in route.methods or ()} - {"HEAD"}))


def _method_not_allowed(scope: Scope, allowed: str) -> Response:
    message = f"Got {scope['method']} {excerpt(scope['path'])}; expected {allowed}."
    return error_response(ApiError(405, "method_not_allowed", message, headers={"allow": allowed}))
