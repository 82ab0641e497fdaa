"""Finds what the name of a column means, whatever its case, unit, currency and the records around it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from diamonds.dataset.cells.currencies import CURRENCIES
from diamonds.dataset.columns.aliases import ALIASES, ROLES, UNUSED

_GENERIC = {"amount", "value", "val", "grade", "name", "code", "label", "text", "display", "title"}
_LONGEST_NAME = 60
_UNITS = {"mm": "mm", "percent": "%", "pct": "%", "cm": "cm"}
_WEIGHT_UNITS = dict.fromkeys(("ct", "cts", "carat", "carats", "karat", "kt"), "ct") | dict.fromkeys(
    ("g", "gr", "gram", "grams", "gramm"), "g"
)
_NO_NAME = re.compile(r"[\s.,+-]*\Z|.*\d[^._]*\Z", re.DOTALL)
"""Most cells: nothing at all, or a last part with a digit in it, which the name of no column has."""
_EDGES = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the name of a column says: its role, and a unit and a currency where they are part of it."""

    role: str
    unit: str | None = None
    currency: str | None = None


def normalised(name: str) -> str:
    """The name without case, accents, spaces and punctuation, by which names are compared."""
    return re.sub(r"[\W_]+", "", _spelled(name).casefold())


def _spelled(name: str) -> str:
    text = name.replace("US$", "usd").replace("U$S", "usd").replace("%", " percent ").replace("$", " usd ")
    text = text.replace("€", " eur ").replace("\x80", " eur ").replace("£", " gbp ")
    if text.isascii():  # no accents to take off
        return text
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))


_ROLES = {
    normalised(name): role for table in (ROLES, ALIASES) for role, names in table.items() for name in names
}


@lru_cache(maxsize=10_000)
def meaning_of(name: str) -> Meaning | None:
    """What a name means; None if it is unknown."""
    candidates = (_meaning(part) for part in _paths(name))
    return next((meaning for meaning in candidates if meaning), None)


def is_known(name: str) -> bool:
    """Whether this is the name of a column of a table of stones."""
    return len(name) <= _LONGEST_NAME and not _NO_NAME.match(name) and _is_known(name)


@lru_cache(maxsize=10_000)
def _is_known(name: str) -> bool:
    return meaning_of(name) is not None or normalised(name) in UNUSED


def _paths(name: str) -> list[str]:
    """The name, and of one such as ``grading.cut.grade`` its last part that means something."""
    parts = [part for part in re.split(r"[.]|__", name) if part.strip()]
    while len(parts) > 1 and normalised(parts[-1]) in _GENERIC:
        parts.pop()
    return [name, parts[-1]] if len(parts) > 1 or (parts != [name] and parts) else [name]


def _meaning(name: str) -> Meaning | None:
    words = [word for word in _EDGES.split(_spelled(name)) if word]
    lowered = [word.casefold() for word in words]
    unit = next((_UNITS[word] for word in lowered if word in _UNITS), None)
    currency = next((CURRENCIES[word] for word in lowered if word in CURRENCIES and len(word) > 2), None)
    if role := _ROLES.get("".join(lowered)):
        return Meaning(role, unit, currency)
    priced = "".join(word for word in lowered if word not in CURRENCIES and word not in ("in", "en"))
    if currency and _ROLES.get(priced, "price") in ("price", "price per carat"):
        return (
            Meaning(_ROLES.get(priced, "price"), unit, currency) if priced in _ROLES or not priced else None
        )
    weighed = next((_WEIGHT_UNITS[word] for word in lowered if word in _WEIGHT_UNITS), None)
    named = "".join(word for word in lowered if word not in _WEIGHT_UNITS and word not in ("in", "en"))
    if weighed and _ROLES.get(named) == "carat":
        return Meaning("carat", weighed)
    bare = "".join(word for word in lowered if word not in _UNITS and word not in ("in", "en"))
    role = _ROLES.get(bare) if unit else None
    if role == "depth" and unit in ("mm", "cm"):
        role = "z"
    return Meaning(role, unit) if role else None
