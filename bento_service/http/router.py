"""Collects the routes of one resource, from the functions that answer them."""

from collections.abc import Callable
from typing import Any, TypeVar

from bento_service.http.routes import JsonRoute

Function = TypeVar("Function", bound=Callable[..., Any])


class Router:
    """Makes a route of each function that it decorates."""

    def __init__(self, route_class: type[JsonRoute] = JsonRoute) -> None:
        self.routes: list[JsonRoute] = []
        self._class = route_class

    def get(self, path: str, **description: Any) -> Callable[[Function], Function]:
        """A decorator of a function that answers GET requests; see ``JsonRoute`` for its description."""
        return self._route(path, "GET", **description)

    def post(self, path: str, **description: Any) -> Callable[[Function], Function]:
        """A decorator of a function that answers POST requests."""
        return self._route(path, "POST", **description)

    def _route(
        self, path: str, method: str, *, route_class: type[JsonRoute] | None = None, **description: Any
    ) -> Callable[[Function], Function]:
        def add(function: Function) -> Function:
            self.routes.append((route_class or self._class)(path, function, method, **description))
            return function

        return add
