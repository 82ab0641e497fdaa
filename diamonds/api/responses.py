"""The responses about versions, sales, trainings and errors, as the service sends and clients read them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict  # pydantic describes only this one before Python 3.12

from diamonds.api.quotes import Currency, QuotingModel, Tag


class ModelVersion(TypedDict):
    """A trained version: errors on stones of the hold-out (mae and rmse in USD, mape a fraction), lineage."""

    version: str
    model: str
    created_at: datetime
    champion: Annotated[bool, Field(description="Whether it quotes prices now.")]
    accepted: Annotated[bool, Field(description="Whether it may quote for its model's name.")]
    mae: float | None
    rmse: float | None
    r2: float | None
    mape: float | None
    coverage: float | None
    dataset: str | None
    rows: Annotated[int | None, Field(description="Stones learned from.")]
    calibration_rows: Annotated[int | None, Field(description="Stones that calibrated its intervals.")]
    reported_rows: Annotated[int | None, Field(description="Stones that its errors were measured on.")]
    sold_until: Annotated[
        date | None, Field(description="Day of the newest sale among its stones; null: they have no dates.")
    ]
    read_on: Annotated[date | None, Field(description="Day on which its stones were read first, in UTC.")]
    seed: int | None
    git_commit: str | None
    flow_run: str | None


class ModelSummary(TypedDict):
    """A model of the registry with its newest version."""

    name: str
    champion: Annotated[bool, Field(description="Whether the champion is a version of this model.")]
    versions: Annotated[int, Field(description="How many versions there are.")]
    newest: ModelVersion | None


class RefusedVersion(TypedDict):
    """A damaged version, which is used for nothing."""

    version: Tag
    reason: Annotated[str, Field(description="What is wrong with it.")]
    remedy: Annotated[str, Field(description="How to heal it.")]


class ModelsResponse(TypedDict):
    """The models, the version that quotes prices, and the versions that are damaged."""

    champion: ModelVersion | None
    models: list[ModelSummary]
    refused: list[RefusedVersion]


class ModelResponse(TypedDict):
    """All versions of one model, newest first."""

    name: str
    champion: bool
    versions: list[ModelVersion]


class RecordedQuote(TypedDict):
    """The recorded quote that feedback is about."""

    price: Annotated[float | None, Field(description="What was quoted, in USD; null: it was not stored.")]
    model: QuotingModel
    version: Tag
    quoted_at: datetime


class FeedbackResponse(TypedDict):
    """What is stored: the newest sale price of a quoted stone."""

    exchange_id: Annotated[UUID, Field(description="The exchange that quoted the stone.")]
    price: Annotated[float, Field(description="What the stone was sold for, in USD.", examples=[2650.0])]
    currency: Currency
    given_at: datetime
    sold_at: Annotated[datetime | None, Field(description="When it was sold; null: unknown.")]
    checked: Annotated[
        bool,
        Field(
            description="Whether the quote was looked up. If not, the database is away or the quote on its "
            "way there: the feedback is stored, and joins the quote later, or nothing."
        ),
    ]
    quote: Annotated[RecordedQuote | None, Field(description="null: it was not looked up.")]


class FeedbackSummary(TypedDict):
    """How far quotes were off what their stones were sold for, over all feedback about quotes with prices."""

    sales: Annotated[int, Field(description="Number of sales.")]
    mae: Annotated[float | None, Field(description="Mean absolute error, in `currency`; null: no sales.")]
    mape: Annotated[float | None, Field(description="Mean absolute error, as a share of the sale price.")]
    bias: Annotated[float | None, Field(description="Mean signed one; above 0: quoted too high.")]
    within_interval: Annotated[
        float | None, Field(description="Share of sales within the quoted interval; null: no intervals.")
    ]
    waiting: Annotated[int, Field(description="Sales whose quotes are not in the database yet.")]
    currency: Currency


class SaleResult(TypedDict):
    """What became of one row of a list or a file of sale prices."""

    row: Annotated[int, Field(description="Its number in the list or beneath the header, from 1.")]
    exchange_id: Annotated[str, Field(description="The id of the quote, as it was sent.")]
    result: Annotated[
        Literal["stored", "unchanged", "waiting", "refused"],
        Field(
            description="`unchanged`: it was stored before. `waiting`: it is stored, and counts once its "
            "quote is in the database. `refused`: it is not stored."
        ),
    ]
    reason: Annotated[str | None, Field(description="Why it was refused.")]


class FeedbackListResponse(TypedDict):
    """How many rows had each result, and what became of each row, in order."""

    stored: int
    unchanged: int
    waiting: int
    refused: int
    currency: Currency
    results: list[SaleResult]


class FieldError(TypedDict):
    """One field that is wrong: its path, what would be right, and what was sent."""

    field: str
    message: str
    got: Any


class ErrorDetails(TypedDict):
    """What went wrong: a stable ``code`` for programs, a sentence for people, and the fields to correct."""

    code: str
    message: str
    fields: list[FieldError]


class StartedTraining(TypedDict):
    """What becomes of a dataset: ``started`` by it or earlier, ``trained`` already, or ``soon``."""

    state: Annotated[
        Literal["started", "trained", "soon"],
        Field(description="started: see id; trained: versions have learned from it; soon: within a minute."),
    ]
    id: Annotated[str | None, Field(description="Of the training, for GET /trainings/{id}; null: not yet.")]


class StoredDataset(TypedDict):
    """Where a dataset that was sent is stored, and its training."""

    fingerprint: Annotated[str, Field(description="A hash of the stones, whatever their order and file.")]
    new: Annotated[bool, Field(description="Whether these stones, or this file, were not stored before.")]
    tag: Annotated[str | None, Field(description="In the model store; null for a file of the market.")]
    file: Annotated[str | None, Field(description="The file in the folder of the market's data, or null.")]
    training: StartedTraining


class AddedDataset(StoredDataset):
    """What the client returns of a dataset that was sent."""

    report: dict[str, Any]
    page: str


class ErrorResponse(TypedDict):
    """The one shape of all errors."""

    error: ErrorDetails
