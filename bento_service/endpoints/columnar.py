"""Reads well-formed batches column by column, several times as fast as stone by stone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from diamonds.api.requests import ASKED, MOST_ASKED, MOST_STONES, BatchRequest
from diamonds.diamond import FEATURES, LARGEST, MEASURES, SMALLEST
from diamonds.grades import GRADES
from diamonds.models.features import Matrix, matrix_of_columns, rows_of
from diamonds.models.spec import Prices

_REQUIRED = ("carat", *GRADES)
_NUMBERS = {float, int}
_NUMBERS_OR_NULL = {float, int, type(None)}


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch as a matrix of shape (stones, 9), columns ``FEATURES``, and the model that quotes it.

    ``asked`` are the asking prices of the stones, NaN where nothing is asked.
    """

    rows: Matrix
    model: str | None
    asked: Prices


def read_columns(body: bytes) -> Rows | None:
    """The batch of a body; None for one that is wrong, or right but not written plainly."""
    try:
        given = orjson.loads(body)
        stones, model = given["diamonds"], given.get("model")
        columns = {name: [stone[name] for stone in stones] for name in _REQUIRED}
        columns |= {name: [stone.get(name) for stone in stones] for name in FEATURES[len(_REQUIRED) :]}
        rows = matrix_of_columns(_checked(columns))
        asked = _asked([stone.get(ASKED) for stone in stones])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    if not (isinstance(stones, list) and len(stones) <= MOST_STONES and isinstance(model, str | None)):
        return None
    return Rows(rows, model, asked) if _in_range(rows) and _is_all(body, given, stones) else None


def as_rows(batch: BatchRequest | Rows) -> Rows:
    """The batch as a matrix, unless it is one already."""
    if isinstance(batch, Rows):
        return batch
    asked = np.array([each.asked for each in batch.diamonds], dtype="float64")
    return Rows(rows_of(batch.diamonds), batch.model, asked)


def _checked(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The columns; raises ``ValueError`` for measures that are anything but numbers and nulls."""
    for name in MEASURES:
        if not {*map(type, columns[name])} <= (_NUMBERS if name == "carat" else _NUMBERS_OR_NULL):
            raise ValueError(name)
    return columns


def _asked(prices: list[Any]) -> Prices:
    """The asking prices; raises ``ValueError`` for what is none."""
    asked = np.array(prices, dtype="float64")
    if not (
        {*map(type, prices)} <= _NUMBERS_OR_NULL
        and np.all(np.isnan(asked) | (asked > 0) & (asked <= MOST_ASKED))
    ):
        raise ValueError(ASKED)
    return asked


def _in_range(rows: Matrix) -> bool:
    measures = np.delete(rows, [FEATURES.index(name) for name in GRADES], axis=1)
    return bool(np.all(np.isnan(measures) | ((measures >= SMALLEST) & (measures <= LARGEST))))


def _is_all(body: bytes, given: dict[str, Any], stones: Sequence[dict[str, Any]]) -> bool:
    """Whether every key of the body was read: none is unknown, none repeated, no colon is within a string."""
    optional = (*FEATURES[len(_REQUIRED) :], ASKED)
    read = len(_REQUIRED) * len(stones) + sum(name in stone for name in optional for stone in stones)
    known = len({"diamonds", "model"} & given.keys())
    return body.count(b":") == read + known == sum(map(len, stones)) + len(given)
