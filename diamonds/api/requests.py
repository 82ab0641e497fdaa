"""The requests about stones and their sales, as clients send them and the service reads them."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field

from diamonds.diamond import Diamond, GradedWeight

MOST_STONES = 50_000
"""Maximum number of stones, or of their sales, in one request."""
ASKED = "asked"
"""Field of a stone: its asking price."""
MOST_ASKED = 1e9
"""Highest asking price of a stone."""
MOMENT = "a date such as 2026-01-31, or a time with its zone such as 2026-01-31T12:00:00Z"

ModelName = Annotated[
    str | None,
    Field(description="Name of the model that quotes; left out or null: the champion.", examples=["xgboost"]),
]


class QuoteRequest(Diamond):
    """A diamond to be priced."""

    model: ModelName = None


class OfferedDiamond(Diamond):
    """A diamond to be priced, perhaps with what is asked for it."""

    asked: Annotated[
        float | None,
        Field(
            gt=0,
            le=MOST_ASKED,
            allow_inf_nan=False,
            strict=True,
            description="What is asked for it, in the currency of the prices; it is compared with the price.",
            examples=[2500],
        ),
    ] = None


class BatchRequest(BaseModel):
    """Many diamonds to be priced by one model; the first bad one ends the check."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    diamonds: Annotated[
        list[OfferedDiamond],
        FailFast(),
        Field(max_length=MOST_STONES, description="The diamonds, in any order."),
    ]
    model: ModelName = None


def _whole(number: object) -> object:
    """In JSON, 5.0 is a whole number too."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


class SimilarRequest(GradedWeight):
    """A diamond to which similar ones are wanted."""

    n: Annotated[
        int,
        Field(ge=1, le=100, strict=True, description="Maximum number of similar diamonds."),
        BeforeValidator(_whole),
    ] = 5


def parse_moment(text: object) -> datetime | None:
    """The time that a text names, in UTC: of a date its noon; None for what is neither."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(f"{text}T12:00:00Z" if len(text) == 10 else text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _moment(text: object) -> datetime | None:
    moment = parse_moment(text)
    if text is not None and moment is None:
        raise ValueError(f"Got sold_at={text!r}; expected {MOMENT}.")
    return moment


class FeedbackRequest(BaseModel):
    """The sale price of a quoted diamond. The newest price of a quote replaces the one before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exchange_id: Annotated[
        UUID,
        Field(
            description="The `X-Exchange-Id` under which the stone was quoted by `/predict`.",
            examples=["019ab9d8-3c3e-7c02-a5c9-2f3f0f1c7d11"],
        ),
    ]
    price: Annotated[
        float,
        Field(
            ge=0.01,
            le=1_000_000_000,
            allow_inf_nan=False,
            strict=True,
            description="What it was sold for, in the currency of its quote.",
            examples=[2650.0],
        ),
    ]
    sold_at: Annotated[
        datetime | None,
        BeforeValidator(_moment, json_schema_input_type=date | datetime | None),
        Field(description=f"When it was sold: {MOMENT}; left out: now.", examples=["2026-01-31"]),
    ] = None
