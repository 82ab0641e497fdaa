"""Types stones as the record has them: grades in the spelling of clients, numbers, and what is neither."""

from functools import lru_cache
from typing import TYPE_CHECKING

from diamonds.diamond import MEASURES, typed
from diamonds.grades import GRADES, parse_grade

if TYPE_CHECKING:
    import pandas as pd

_PRICES = ("price", "predicted", "low", "high")


def recorded_stones(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The rows with grades as ordered categories, and measures and prices as float64; what is none is NaN."""
    import pandas as pd

    grades = {
        name: pd.Series([_grade(name, value) for value in frame[name]], frame.index, dtype="object")
        for name in GRADES
    }
    numbers = {
        name: pd.to_numeric(frame[name], errors="coerce").astype("float64")
        for name in (*MEASURES, *_PRICES)
        if name in frame
    }
    return typed(frame.assign(**grades, **numbers))


def _grade(column: str, value: object) -> str | None:
    return _parsed(column, value) if isinstance(value, str) else None


@lru_cache(maxsize=10_000)
def _parsed(column: str, text: str) -> str | None:
    try:
        return parse_grade(column, text)
    except ValueError:
        return None
