"""The responses of the API, as the service sends them and its clients read them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, NotRequired
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict  # pydantic describes only this one before Python 3.12

from diamonds.diamond import USUAL, SoldStone

Usd = Annotated[float, Field(gt=0, description="Price, in `currency`.", examples=[2727.31])]
_NONE = "null: the version learned from too few stones for intervals, as a warning says."
Low = Annotated[
    float | None, Field(gt=0, description=f"Lower bound of the interval; {_NONE}", examples=[2409.9])
]
High = Annotated[
    float | None, Field(gt=0, description=f"Upper bound of the interval; {_NONE}", examples=[3010.4])
]
Coverage = Annotated[
    float | None,
    Field(gt=0, lt=1, description=f"Share of true prices within such intervals; {_NONE}", examples=[0.9]),
]
Currency = Annotated[str, Field(description="The currency of all prices.", examples=["USD"])]
QuotingModel = Annotated[str, Field(description="Name of the model that quoted.", examples=["xgboost"])]
Tag = Annotated[
    str, Field(description="Version that quoted.", examples=["diamonds-xgboost:pa7ui3hinoyrsax4"])
]


Warnings = Annotated[
    list[str],
    Field(
        description="What is implausible about the stone or missing among the sold ones, or why there is no "
        "interval, in sentences."
    ),
]
Supported = Annotated[
    bool,
    Field(
        description="false where too few sold stones are like it: the price is what lesser ones cost per "
        "carat at least, and the interval promises no coverage. Left out where there are enough."
    ),
]


class Source(TypedDict):
    """Which version quoted, and in what currency."""

    currency: Currency
    model: QuotingModel
    version: Tag


class Adaptation(TypedDict):
    """How wide intervals are beside the version's own, where recent sales say that they have to be others."""

    interval_factor: NotRequired[
        Annotated[
            float,
            Field(
                gt=0,
                description="How many times as wide as the version's own the interval is, of logs of prices, "
                "by what stones were sold for of late. Left out where it is the version's own.",
            ),
        ]
    ]


class Price(TypedDict):
    """The price of one stone of many."""

    price: Usd
    low: Low
    high: High
    warnings: NotRequired[Warnings]
    supported: NotRequired[Supported]


class Quote(Price, Adaptation, Source):
    """The price of one stone."""

    coverage: Coverage


class PriceOfMany(Price):
    """The price of one stone of many, and what is asked for it beside it where something is."""

    asked: NotRequired[Annotated[float, Field(description="As sent.")]]
    difference: NotRequired[Annotated[float, Field(description="Asked less quoted, in `currency`.")]]
    difference_percent: NotRequired[Annotated[float, Field(description="The same in percent of the price.")]]
    outside: NotRequired[
        Annotated[
            Literal["below", "above"] | None,
            Field(description="Where the asking price is of the interval; null: within it."),
        ]
    ]


class BatchQuote(Adaptation, Source):
    """The price of each stone, in the order of the request; all by one version."""

    predictions: list[PriceOfMany]
    coverage: Coverage


class Contribution(TypedDict):
    """What one property of the stone adds to the price in USD, or takes off."""

    feature: Annotated[
        str, Field(description="carat, cut, color, clarity, depth, table or size, which is x, y and z.")
    ]
    value: Annotated[float | str, Field(description="As sent; of size, the three in mm.")]
    usd: float
    text: Annotated[str, Field(examples=["A carat of 0.70 adds $1,120"])]


_USUAL = f"{USUAL.carat:g} carat, {USUAL.cut}, {USUAL.color}, {USUAL.clarity}"


class Explanation(Source):
    """A price taken apart: base and all contributions add up to it to the cent; the largest comes first."""

    price: Usd
    base: Annotated[float, Field(description=f"What a usual stone ({_USUAL}) is worth.")]
    contributions: list[Contribution]


class SimilarResponse(TypedDict):
    """Sold stones of these grades, nearest weight first; of equally near ones the lighter, then cheaper."""

    samples: list[SoldStone]
    available: Annotated[int, Field(description="How many stones have these grades.")]


class MarketOfPrices(TypedDict):
    """What the stones that prices were learned from have in common."""

    shape: str
    origin: str
    treatment: str
    currency: Currency


class Weights(TypedDict):
    """Weights in carats."""

    low: float
    high: float


class GradesResponse(TypedDict):
    """The grades that a version has learned, each from the worst to the best, and its market."""

    cut: list[str]
    color: list[str]
    clarity: list[str]
    market: MarketOfPrices
    weights: Annotated[
        Weights | None,
        Field(description="Between which weights sold stones support prices; null: at none of these grades."),
    ]
    model: QuotingModel
    version: Tag


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
