"""A diamond: its measures, its ordered grades, and the limits within which they are valid."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from typing_extensions import TypedDict  # pydantic describes only this one before Python 3.12

from diamonds.grades import GRADES, SCALE, parse_grade

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

MEASURES = ("carat", "depth", "table", "x", "y", "z")
DIMENSIONS = ("x", "y", "z")
FEATURES = ("carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z")
COLUMNS = ("carat", "cut", "color", "clarity", "depth", "table", "price", "x", "y", "z")


WIDTH_OF_ONE_CARAT_MM = 6.43
"""Median of x / carat ** (1/3) over the cleaned stones of data/diamonds.csv."""


def _grade(column: str) -> BeforeValidator:
    def parse(text: object, info: ValidationInfo) -> str:
        known = info.context.get(KNOWN_GRADES, {}) if info.context else {}
        return parse_grade(column, text, known.get(column))

    return BeforeValidator(parse)


KNOWN_GRADES = "known grades"
"""Key of pydantic's context of a validation: the grades by column that errors list."""
Cut = Annotated[str, _grade("cut"), Field(json_schema_extra={"enum": list(SCALE["cut"])})]
Color = Annotated[str, _grade("color"), Field(json_schema_extra={"enum": list(SCALE["color"])})]
Clarity = Annotated[str, _grade("clarity"), Field(json_schema_extra={"enum": list(SCALE["clarity"])})]
SMALLEST, LARGEST = 0.001, 1000.0
"""Limits of all measures: wider than any real stone's, and such that nothing derived from them overflows."""

Positive = Annotated[float, Field(ge=SMALLEST, le=LARGEST, allow_inf_nan=False, strict=True)]


class GradedWeight(BaseModel):
    """The weight and the three grades of a diamond: what a quote needs at least."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    carat: Annotated[Positive, Field(description="Weight in carats (1 ct = 0.2 g).", examples=[0.7])]
    cut: Annotated[Cut, Field(description="Quality of the cut.", examples=["Ideal"])]
    color: Annotated[Color, Field(description="Color, from Z (worst) to D (best).", examples=["G"])]
    clarity: Annotated[Clarity, Field(description="Clarity, from I3 (worst) to FL.", examples=["VS2"])]


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


def frame_of(stones: Sequence[Diamond]) -> "pd.DataFrame":
    """The stones as a frame of shape (len(stones), 9), columns ``FEATURES``, unknown measures NaN."""
    import pandas as pd  # which takes a quarter of a second, and quoting does without

    return typed(pd.DataFrame([{name: getattr(stone, name) for name in FEATURES} for stone in stones]))


def typed(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The same rows with grades as ordered categories and measures as float64."""
    import pandas as pd

    frame = frame.copy()
    for column in GRADES:
        dtype = grade_dtype(column, frame[column].dropna().unique())
        frame[column] = pd.Categorical(frame[column], dtype=dtype)
    for column in MEASURES:
        frame[column] = frame[column].astype("float64")
    return frame


@cache
def classic_dtype(column: str) -> "pd.CategoricalDtype":
    """The grades of the classic data as ordered categories of pandas."""
    import pandas as pd

    return pd.CategoricalDtype(list(GRADES[column]), ordered=True)


def grade_dtype(column: str, grades: Iterable[str]) -> "pd.CategoricalDtype":
    """The classic grades, and those of ``grades`` that the scale has besides, as ordered categories."""
    others = set(grades) - set(GRADES[column])
    if others.isdisjoint(SCALE[column]):
        return classic_dtype(column)
    import pandas as pd

    return pd.CategoricalDtype(
        [grade for grade in SCALE[column] if grade in others or grade in GRADES[column]], ordered=True
    )


def grade_codes(stones: "pd.DataFrame", column: str, codes: Mapping[str, float]) -> "npt.NDArray[np.float64]":
    """The number of each stone's grade by ``codes``, whatever categories the column has; -1 for unknown."""
    import numpy as np

    numbers = np.array([*(codes[grade] for grade in stones[column].cat.categories), -1.0])
    return numbers[stones[column].cat.codes.to_numpy()]
