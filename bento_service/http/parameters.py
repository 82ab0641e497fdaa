"""Says where the parameters of a call come from, as FastAPI does, which is imported only to describe them."""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, get_args


class Place:
    """Where a parameter comes from; the options are those of FastAPI's function of the same name."""

    def __init__(self, **options: Any) -> None:
        self.options = options


class Path(Place):
    """A part of the path."""


class Query(Place):
    """The whole query of the URL."""


class Body(Place):
    """The body of the request: the place of parameters for which none is given."""


def parameter_from(place: type[Place], function: Callable[..., Any], path: str) -> Any:
    """The type of the function's only parameter from that place, or None."""
    for parameter in signature(function).parameters.values():
        found = place_of(parameter)
        if type(found or _default(parameter, path)) is place:
            return parameter.annotation if found is None else get_args(parameter.annotation)[0]
    return None


def place_of(parameter: Parameter) -> Place | None:
    """The place that is given in the parameter's annotation."""
    metadata = getattr(parameter.annotation, "__metadata__", ())
    return next((each for each in metadata if isinstance(each, Place)), None)


def _default(parameter: Parameter, path: str) -> Place:
    return Path() if f"{{{parameter.name}}}" in path else Body()
