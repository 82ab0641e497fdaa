"""What the API takes and gives: the shapes that clients, BentoML's schema and the OpenAPI document share."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field
from typing_extensions import TypedDict

from diamonds.diamond import Diamond, GradedWeight
from diamonds.similarity import SoldStone

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


def _whole(number: object) -> object:
    """To JSON, 5.0 is a whole number too."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


class SimilarRequest(GradedWeight):
    """A stone whose like is sought."""

    n: Annotated[
        int,
        BeforeValidator(_whole),
        Field(ge=1, le=100, strict=True, description="How many stones to give."),
    ] = 5


Usd = Annotated[float, Field(gt=0, description="Price in USD.", examples=[2727.31])]
Currency = Annotated[str, Field(description="The currency of all prices.", examples=["USD"])]
AskedModel = Annotated[str, Field(description="Name of the model that quoted.", examples=["xgboost"])]
Tag = Annotated[
    str, Field(description="Version that quoted.", examples=["diamonds-xgboost:pa7ui3hinoyrsax4"])
]


class Quote(TypedDict):
    """What one stone is worth."""

    price: Usd
    currency: Currency
    model: AskedModel
    version: Tag


class Price(TypedDict):
    """What one stone of many is worth."""

    price: Usd


class BatchQuote(TypedDict):
    """What each stone is worth, in the order of the request; all by one version."""

    predictions: list[Price]
    currency: Currency
    model: AskedModel
    version: Tag


class SimilarAnswer(TypedDict):
    """Sold stones of these grades, nearest weight first; of equally near ones the lighter, then cheaper."""

    samples: list[SoldStone]
    available: Annotated[int, Field(description="How many stones have these grades.")]


class ModelVersion(TypedDict):
    """A trained version: errors on the hold-out (mae and rmse in USD, mape a fraction) and lineage."""

    version: str
    model: str
    created_at: datetime
    champion: Annotated[bool, Field(description="Whether it quotes prices now.")]
    mae: float | None
    rmse: float | None
    r2: float | None
    mape: float | None
    coverage: float | None
    dataset: str | None
    rows: int | None
    seed: int | None
    git_commit: str | None
    flow_run: str | None


class ModelSummary(TypedDict):
    """A model of the registry with its newest version."""

    name: str
    champion: Annotated[bool, Field(description="Whether the champion is a version of this model.")]
    versions: Annotated[int, Field(description="How many versions there are.")]
    newest: ModelVersion | None


class ModelsAnswer(TypedDict):
    """The models, and the version that quotes prices."""

    champion: ModelVersion | None
    models: list[ModelSummary]


class ModelAnswer(TypedDict):
    """All versions of one model, newest first."""

    name: str
    champion: bool
    versions: list[ModelVersion]
