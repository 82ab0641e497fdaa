"""The calls of the API as data: what routes them, checks their input and describes them is read from here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from bento_service.endpoints.model_files import File, ImportAnswer
from bento_service.endpoints.promotions import (
    ComparisonAnswer,
    ComparisonQuery,
    DecisionAnswer,
    PromotionRequest,
    PromotionsAnswer,
    RollbackRequest,
    VersionAnswer,
)
from bento_service.http.body import BYTES, JSON
from bento_service.http.columnar import read_batch
from bento_service.schemas import (
    BatchRequest,
    DatasetAnswer,
    ExchangeAnswer,
    ExchangesAnswer,
    ExchangesQuery,
    FeedbackRequest,
    QuoteRequest,
    SimilarRequest,
)
from diamonds.api.schemas import (
    BatchQuote,
    Explanation,
    FeedbackAnswer,
    ModelAnswer,
    ModelsAnswer,
    Quote,
    SimilarAnswer,
)

UNKNOWN, CONFLICT, NO_KEY, NO_CHAMPION, AWAY = 404, 409, 401, 503, 503


@dataclass(frozen=True, slots=True)
class Operation:
    """One call; ``handler`` names the method of ``Handlers`` that takes what was parsed and gives the answer.

    A path may end in one parameter, as ``/models/{name}``; ``errors`` are those that not every call may meet;
    ``reads`` reads a body faster than its schema would, to the same effect. ``takes`` is the content type of
    the body: for ``BYTES`` the handler takes it as it is. An operation that gives a ``File`` gives bytes.
    """

    method: str
    path: str
    handler: str
    summary: str
    gives: Any
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    reads: Callable[[bytes], Any] | None = None
    takes: str = JSON

    @property
    def has_body(self) -> bool:
        """Whether a body comes with the request."""
        return self.body is not None or self.takes == BYTES

    @property
    def parameter(self) -> str | None:
        """The name of the path's parameter, if it has one."""
        _, brace, name = self.path.partition("{")
        return name.rstrip("}") if brace else None


OPERATIONS = (
    Operation(
        "POST", "/predict", "predict", "Quote one stone", Quote, QuoteRequest, errors=(UNKNOWN, NO_CHAMPION)
    ),
    Operation(
        "POST",
        "/predict_batch",
        "predict_batch",
        "Quote many stones",
        BatchQuote,
        BatchRequest,
        errors=(UNKNOWN, NO_CHAMPION),
        reads=read_batch,
    ),
    Operation(
        "POST",
        "/explain",
        "explain",
        "Say in dollars and words what each property of a stone does to its price",
        Explanation,
        QuoteRequest,
        errors=(UNKNOWN, NO_CHAMPION),
    ),
    Operation(
        "POST",
        "/similar",
        "similar",
        "Find sold stones of the same grades and the nearest weights",
        SimilarAnswer,
        SimilarRequest,
        errors=(NO_CHAMPION,),
    ),
    Operation(
        "POST",
        "/feedback",
        "feedback",
        "Say what a quoted stone was sold for",
        FeedbackAnswer,
        FeedbackRequest,
        errors=(NO_KEY, UNKNOWN, CONFLICT),
    ),
    Operation("GET", "/models", "list_models", "List the models, each with its newest version", ModelsAnswer),
    Operation(
        "GET", "/models/{name}", "show_model", "List all versions of a model", ModelAnswer, errors=(UNKNOWN,)
    ),
    Operation(
        "GET",
        "/datasets/{fingerprint}",
        "show_dataset",
        "Show what a dataset was made of",
        DatasetAnswer,
        errors=(UNKNOWN,),
    ),
    Operation(
        "GET",
        "/exchanges",
        "list_exchanges",
        "List what was asked and answered",
        ExchangesAnswer,
        query=ExchangesQuery,
        errors=(AWAY,),
    ),
    Operation(
        "GET",
        "/exchanges/{id}",
        "show_exchange",
        "Show one exchange",
        ExchangeAnswer,
        errors=(UNKNOWN, AWAY),
    ),
    Operation(
        "GET", "/promotions", "list_promotions", "List who quoted prices and since when", PromotionsAnswer
    ),
    Operation(
        "POST",
        "/promotions",
        "promote",
        "Make a version the champion",
        DecisionAnswer,
        PromotionRequest,
        errors=(NO_KEY, UNKNOWN, CONFLICT),
    ),
    Operation(
        "POST",
        "/promotions/rollback",
        "roll_back",
        "Make the champion before the present one champion again",
        DecisionAnswer,
        RollbackRequest,
        errors=(NO_KEY, CONFLICT),
    ),
    Operation(
        "GET",
        "/versions/{version}",
        "show_version",
        "Show the errors by slice, the parameters and the card of a version",
        VersionAnswer,
        errors=(UNKNOWN,),
    ),
    Operation(
        "GET",
        "/version_files/{version}",
        "export_version",
        "Download a version",
        File,
        errors=(NO_KEY, UNKNOWN, CONFLICT),
    ),
    Operation(
        "POST",
        "/version_files",
        "import_version",
        "Upload a version",
        ImportAnswer,
        errors=(NO_KEY, CONFLICT),
        takes=BYTES,
    ),
    Operation(
        "GET",
        "/comparison",
        "compare",
        "Say whether one version would be promoted over another",
        ComparisonAnswer,
        query=ComparisonQuery,
        errors=(UNKNOWN, CONFLICT),
    ),
)
