"""Which scope of a key each call needs, and which calls need no key on loopback."""

from dataclasses import dataclass

from diamonds.keys.scopes import Scope


@dataclass(frozen=True, slots=True)
class Need:
    """What a call needs: a key with this scope (None: any key), unless only this machine can call."""

    scope: Scope | None
    open_on_loopback: bool = False


QUOTING = Need(Scope.QUOTE, open_on_loopback=True)
READING, REPORTING, ADMINISTERING = Need(Scope.READ), Need(Scope.FEEDBACK), Need(Scope.ADMIN)

_NEEDS: dict[str, tuple[Need, Need]] = {  # by the first part of the path: to read, and to do anything else
    "predict": (QUOTING, QUOTING),
    "predict_batch": (QUOTING, QUOTING),
    "explain": (QUOTING, QUOTING),
    "similar": (QUOTING, QUOTING),
    "grades": (QUOTING, ADMINISTERING),
    "models": (QUOTING, ADMINISTERING),
    "versions": (QUOTING, ADMINISTERING),
    "promotions": (QUOTING, ADMINISTERING),
    "comparison": (QUOTING, ADMINISTERING),
    "metrics": (QUOTING, ADMINISTERING),
    "feedback": (REPORTING, REPORTING),
    "exchanges": (READING, ADMINISTERING),
    "monitor": (READING, ADMINISTERING),
    "datasets": (READING, ADMINISTERING),
    "trainings": (READING, ADMINISTERING),
    "version_files": (ADMINISTERING, ADMINISTERING),
    "keys": (Need(None), ADMINISTERING),
}
_UNKNOWN = Need(None, open_on_loopback=True)
"""Of a path that there is not: it is a 404 for whoever may call at all."""

HEALTH = frozenset({"livez", "readyz", "healthz"})
_PUBLIC = HEALTH | {"", "docs", "docs.json", "schema.json", "static_content"}


def need_of(method: str, path: str) -> Need | None:
    """What a call needs; None: nothing, wherever it comes from.

    Paths are compared as the router compares them, letter by letter, so that another spelling of a path
    is a path that there is not.
    """
    first = first_part(path)
    needs = _NEEDS.get(first)
    if needs is not None:
        return needs[method not in ("GET", "HEAD")]
    return None if first in _PUBLIC and path[1:2] != "/" else _UNKNOWN


def first_part(path: str) -> str:
    """``/exchanges/0197`` is of ``exchanges``."""
    return path[1:].partition("/")[0]


def is_declared(path: str) -> bool:
    """Whether the path of a route is one that this module knows."""
    return first_part(path) in _NEEDS or first_part(path) in _PUBLIC
