"""What the API takes, and gives to those who look after it: shapes for BentoML's schema and OpenAPI."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, FailFast, Field
from typing_extensions import TypedDict

from diamonds.dataset import DataReport
from diamonds.diamond import Diamond, GradedWeight
from diamonds.exchanges import LARGEST_PAGE, LONGEST_TEXT
from diamonds.models.features import Matrix, rows_of

MOST_STONES = 50_000

ModelName = Annotated[
    str | None,
    Field(description="Name of the model to ask; left out or null: the champion.", examples=["xgboost"]),
]


class QuoteRequest(Diamond):
    """A stone to be quoted."""

    model: ModelName = None


class BatchRequest(BaseModel):
    """Many stones to be quoted by one model; the first bad one ends the check."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    diamonds: Annotated[
        list[Diamond], FailFast(), Field(max_length=MOST_STONES, description="The stones, in any order.")
    ]
    model: ModelName = None

    @property
    def rows(self) -> Matrix:
        """The stones as a matrix of shape (stones, 9)."""
        return rows_of(self.diamonds)


def _whole(number: object) -> object:
    """To JSON, 5.0 is a whole number too."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


class SimilarRequest(GradedWeight):
    """A stone whose like is sought."""

    n: Annotated[
        int,
        Field(ge=1, le=100, strict=True, description="How many stones to give."),
        BeforeValidator(_whole),
    ] = 5


class FeedbackRequest(BaseModel):
    """What a quoted stone was sold for. The newest price given for a quote replaces the one before."""

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
            description="What it was sold for, in USD.",
            examples=[2650.0],
        ),
    ]


class DatasetAnswer(TypedDict):
    """What a dataset was made of: rows read, kept and set aside by rule, and what changed since the last."""

    tag: Annotated[str, Field(description="Where the model store keeps the dataset.")]
    created_at: datetime
    report: DataReport
    page: Annotated[str, Field(description="The report as a page of Markdown.")]


def _plus(text: object) -> object:
    """In a query, the + of an offset reads as a space unless it is encoded; a bare number is no time."""
    if not isinstance(text, str):
        return text
    if "-" not in text[1:]:
        raise ValueError("Expected a date and time with its zone, such as 2026-01-31T12:00:00Z.")
    return text.replace(" ", "+")


def _in_utc(moment: datetime) -> datetime:
    """Postgres knows fewer zones than Python."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Expected a time between the years 1 and 9999.") from error


Moment = Annotated[AwareDatetime, BeforeValidator(_plus), AfterValidator(_in_utc)]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class ExchangesQuery(BaseModel):
    """Which exchanges to list: those that pass all filters, newest first, a page at a time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Annotated[
        Moment | None,
        Field(description="Started at or after this time, with its zone: 2026-01-31T12:00:00Z."),
    ] = None
    until: Annotated[Moment | None, Field(description="Started before this time, with its zone.")] = None
    path: Annotated[Text | None, Field(description="Asked for exactly this path.", examples=["/predict"])] = (
        None
    )
    status: Annotated[
        int | None, Field(ge=100, le=599, description="Answered with this status.", examples=[200])
    ] = None
    model: Annotated[Text | None, Field(description="Quoted by this model.", examples=["xgboost"])] = None
    text: Annotated[
        Text | None,
        Field(
            min_length=1,
            max_length=LONGEST_TEXT,
            description="In the request's or the answer's body, in any case. A page looks through a bounded "
            "number of exchanges: it may be short or empty and have a `next` all the same.",
            examples=["Ideal"],
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="How many at most.")] = 100
    cursor: Annotated[str | None, Field(description="The `next` of the page before.")] = None
    bodies: Annotated[
        bool,
        Field(description="false: bodies are null, and a page is quick however large they are."),
    ] = True


Bytes = Annotated[str | None, Field(description="In base64: what JSON cannot hold.")]
Size = Annotated[int | None, Field(description="Size of the whole, where only its first bytes were kept.")]
Sha256 = Annotated[str | None, Field(description="Hash of the whole in base64, where only a part was kept.")]


class ExchangeAnswer(TypedDict):
    """One request with its answer, as the table `exchanges` keeps it."""

    id: Annotated[UUID, Field(description="The `X-Exchange-Id`.")]
    started_at: datetime
    duration_ms: float | None
    method: str
    path: str
    query: str
    status: Annotated[int | None, Field(description="null: the client left before an answer.")]
    request_headers: dict[str, str] | None
    request_body: Any
    response_body: Any
    request_bytes: Bytes
    response_bytes: Bytes
    request_size: Size
    request_sha256: Sha256
    response_size: Size
    response_sha256: Sha256
    model: str | None
    model_version: str | None


class ExchangesAnswer(TypedDict):
    """A page of exchanges, newest first."""

    exchanges: list[ExchangeAnswer]
    next: Annotated[str | None, Field(description="Cursor of the next page; null: this was the last.")]
