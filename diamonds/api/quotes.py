"""The responses about prices, as the service sends them and its clients read them."""

from typing import Annotated, Literal, NotRequired

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
