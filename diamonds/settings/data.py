"""What is read as training data, from where, and how it is understood."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from diamonds.grades import SCALE, on_scale
from diamonds.settings.values import Json, Text

PROJECT = Path(__file__).resolve().parents[2]


class DataSettings(BaseModel):
    """What is read as training data, from where, and how it is understood."""

    data: Text = Field(
        default=str(PROJECT / "data" / "diamonds.csv"),
        description="Training data: a file, a folder, a URL, or a SQLAlchemy URL with #table or #query.",
    )
    data_folders: Annotated[list[Path], *Json] = Field(
        default_factory=list,
        description="Folders, as JSON, from which a training that was started over the network may read; "
        "besides `DIAMONDS_DATA` and uploads.",
    )
    data_hosts: Annotated[list[str], *Json] = Field(
        default_factory=list,
        description='Servers from which such a training may read, as JSON: ["https://data.example"].',
    )
    column_aliases: Annotated[dict[str, list[str]], *Json] = Field(
        default_factory=dict,
        description='Additional column names of training data, as JSON: {"price": ["asking price"]}; '
        "they take precedence over the built-in ones.",
    )
    columns: Annotated[list[str], *Json] = Field(
        default_factory=list,
        description='Column names of data without a header, in their order, as JSON: ["carat", "cut"].',
    )
    mapping: Text | None = Field(
        default=None, description="Name of a saved mapping of columns (`diamonds data FILE --save NAME`)."
    )
    grades: Annotated[dict[str, dict[str, str]], *Json] = Field(
        default_factory=dict,
        description='Grades by how a source writes them, as JSON: {"cut": {"Signature": "Ideal"}}; they take '
        "precedence over the built-in ones.",
    )
    shape: Text = Field(
        default="round", description="Shape of the stones; others are set aside. `any`: all shapes together."
    )
    origin: Literal["natural", "lab-grown", "any"] = Field(
        default="natural",
        description="Origin of the stones: `natural`, `lab-grown`, or `any` for both together.",
    )
    treatment: Literal["untreated", "treated", "any"] = Field(
        default="untreated", description="Treatment of the stones: `untreated`, `treated`, or `any`."
    )
    currency: str = Field(
        default="USD", pattern="^([A-Z]{3}|any)$", description="Currency of the prices, as its ISO code."
    )
    largest_set_aside_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Maximum share of invalid rows in the training data; with more, training stops.",
    )

    @field_validator("grades")
    @classmethod
    def _are_on_the_scale(cls, grades: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for column, mapped in grades.items():
            if column not in SCALE:
                raise ValueError(f"Got grades of {column!r}; expected any of {', '.join(SCALE)}.")
            for grade in mapped.values():
                on_scale(column, grade)
        return grades
