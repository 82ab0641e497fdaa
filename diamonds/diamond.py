"""A diamond: its measures, its ordered grades, and the limits within which they are valid."""

from collections.abc import Sequence
from typing import Annotated

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic describes only this one before Python 3.12

CUTS = ("Fair", "Good", "Very Good", "Premium", "Ideal")
COLORS = ("J", "I", "H", "G", "F", "E", "D")
CLARITIES = ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF")
GRADES: dict[str, tuple[str, ...]] = {"cut": CUTS, "color": COLORS, "clarity": CLARITIES}
"""The grades by column, each from the worst to the best."""
GRADE_DTYPES = {column: pd.CategoricalDtype(list(grades), ordered=True) for column, grades in GRADES.items()}
"""The grades by column as ordered categories of pandas."""

MEASURES = ("carat", "depth", "table", "x", "y", "z")
DIMENSIONS = ("x", "y", "z")
FEATURES = ("carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z")
COLUMNS = ("carat", "cut", "color", "clarity", "depth", "table", "price", "x", "y", "z")


WIDTH_OF_ONE_CARAT_MM = 6.43
"""Median of x / carat ** (1/3) over the cleaned stones of data/diamonds.csv."""

_OTHER_NAMES = {
    "cut": {"VG": "Very Good", "GD": "Good", "FR": "Fair", "PR": "Premium", "ID": "Ideal"},
    "color": {},
    "clarity": {"Internally Flawless": "IF"},
}


def _normalised(text: str) -> str:
    return text.strip().casefold().replace(" ", "").replace("_", "").replace("-", "")


def _spellings(column: str) -> dict[str, str]:
    names = {grade: grade for grade in GRADES[column]} | _OTHER_NAMES[column]
    return {_normalised(name): grade for name, grade in names.items()}


_SPELLINGS = {column: _spellings(column) for column in GRADES}


def parse_grade(column: str, text: object) -> str:
    """The grade of ``column`` that ``text`` names, whatever its case, spaces, ``_`` or ``-``; also as ``VG``.

    Raises ``ValueError`` that lists the grades when it names none.
    """
    grade = _SPELLINGS[column].get(_normalised(text)) if isinstance(text, str) else None
    if grade is None:
        raise ValueError(f"Got {column}={text!r}; expected one of {', '.join(reversed(GRADES[column]))}.")
    return grade


def _grade(column: str) -> BeforeValidator:
    return BeforeValidator(lambda text: parse_grade(column, text))


Cut = Annotated[str, _grade("cut"), Field(json_schema_extra={"enum": list(CUTS)})]
Color = Annotated[str, _grade("color"), Field(json_schema_extra={"enum": list(COLORS)})]
Clarity = Annotated[str, _grade("clarity"), Field(json_schema_extra={"enum": list(CLARITIES)})]
SMALLEST, LARGEST = 0.001, 1000.0
"""Limits of all measures: wider than any real stone's, and such that nothing derived from them overflows."""

Positive = Annotated[float, Field(ge=SMALLEST, le=LARGEST, allow_inf_nan=False, strict=True)]


class GradedWeight(BaseModel):
    """The weight and the three grades of a diamond: what a quote needs at least."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    carat: Annotated[Positive, Field(description="Weight in carats (1 ct = 0.2 g).", examples=[0.7])]
    cut: Annotated[Cut, Field(description="Quality of the cut.", examples=["Ideal"])]
    color: Annotated[Color, Field(description="Color, from J (worst) to D (best).", examples=["G"])]
    clarity: Annotated[Clarity, Field(description="Clarity, from I1 (worst) to IF.", examples=["VS2"])]


class Diamond(GradedWeight):
    """A diamond to be quoted; measures that are left out are taken as usual for its weight."""

    depth: Annotated[
        Positive | None, Field(description="Depth in percent: 2 z / (x + y).", examples=[61.5])
    ] = None
    table: Annotated[Positive | None, Field(description="Width of the top in percent.", examples=[56])] = None
    x: Annotated[Positive | None, Field(description="Length in mm.", examples=[5.7])] = None
    y: Annotated[Positive | None, Field(description="Width in mm.", examples=[5.72])] = None
    z: Annotated[Positive | None, Field(description="Depth in mm.", examples=[3.51])] = None


class SoldStone(TypedDict):
    """A stone of the training data with all ten columns; an unknown measure is None."""

    carat: float
    cut: str
    color: str
    clarity: str
    depth: float | None
    table: float | None
    price: float
    x: float | None
    y: float | None
    z: float | None


USUAL = Diamond(carat=0.7, cut="Premium", color="G", clarity="VS2")
"""The usual stone, the base of explanations: medians over the cleaned stones of data/diamonds.csv."""


def frame_of(stones: Sequence[Diamond]) -> pd.DataFrame:
    """The stones as a frame of shape (len(stones), 9), columns ``FEATURES``, unknown measures NaN."""
    return typed(pd.DataFrame([{name: getattr(stone, name) for name in FEATURES} for stone in stones]))


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows with grades as ordered categories and measures as float64."""
    frame = frame.copy()
    for column, dtype in GRADE_DTYPES.items():
        frame[column] = pd.Categorical(frame[column], dtype=dtype)
    for column in MEASURES:
        frame[column] = frame[column].astype("float64")
    return frame
