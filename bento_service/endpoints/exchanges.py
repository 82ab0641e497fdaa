"""Lists and shows the recorded exchanges: GET /exchanges and /exchanges/{id}."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import TypedDict

from bento_service.endpoints.database import UNAVAILABLE, read_database
from bento_service.http.errors import ApiError, field_error, quoted
from bento_service.http.openapi import errors
from bento_service.http.parameters import Path, Query
from bento_service.http.parsing import parse_id
from bento_service.http.router import Router
from diamonds.exchanges import LARGEST_PAGE, LONGEST_TEXT, BadCursor, Exchange, Filter, exchange, page

T = TypeVar("T")


def _with_plus(text: object) -> object:
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


def _never_null(schema: dict[str, Any]) -> None:
    """Describes a parameter as it is when it is there: a query has no null."""
    present, _null = schema.pop("anyOf")
    schema.update(present)


Optional = Annotated[T | None, Field(json_schema_extra=_never_null)]
Moment = Annotated[AwareDatetime, BeforeValidator(_with_plus), AfterValidator(_in_utc)]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Status = Annotated[int, Field(ge=100, le=599)]


class ExchangesQuery(BaseModel):
    """Which exchanges to list: those that pass all filters, newest first, a page at a time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Annotated[
        Optional[Moment],
        Field(description="Started at or after this time, with its zone: 2026-01-31T12:00:00Z."),
    ] = None
    until: Annotated[Optional[Moment], Field(description="Started before this time, with its zone.")] = None
    path: Annotated[
        Optional[Text], Field(description="Requests of exactly this path.", examples=["/predict"])
    ] = None
    status: Annotated[Optional[Status], Field(description="Responses with this status.", examples=[200])] = (
        None
    )
    model: Annotated[Optional[Text], Field(description="Quoted by this model.", examples=["xgboost"])] = None
    text: Annotated[
        Optional[Text],
        Field(
            min_length=1,
            max_length=LONGEST_TEXT,
            description="In the body of the request or the response, in any case. A page looks through a "
            "bounded number of exchanges: it may be short or empty and have a `next` all the same.",
            examples=["Ideal"],
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="Maximum number of exchanges.")] = 100
    cursor: Annotated[Optional[str], Field(description="The `next` of the page before.")] = None
    bodies: Annotated[
        bool,
        Field(description="false: bodies are null, and a page is quick however large they are."),
    ] = True


Bytes = Annotated[str | None, Field(description="In base64: what JSON cannot hold.")]
Size = Annotated[int | None, Field(description="Size of the whole, where only its first bytes are stored.")]
Sha256 = Annotated[str | None, Field(description="Hash of the whole in base64, where only a part is stored.")]


class ExchangeResponse(TypedDict):
    """One request with its response, as the table `exchanges` stores it."""

    id: Annotated[UUID, Field(description="The `X-Exchange-Id`.")]
    started_at: datetime
    duration_ms: float | None
    method: str
    path: str
    query: str
    status: Annotated[int | None, Field(description="null: the client left before a response.")]
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


class ExchangesResponse(TypedDict):
    """A page of exchanges, newest first."""

    exchanges: list[ExchangeResponse]
    next: Annotated[str | None, Field(description="Cursor of the next page; null: this was the last.")]


router = Router()


@router.get("/exchanges", summary="List exchanges", responses=errors(401, 503))
async def list_exchanges(query: Annotated[ExchangesQuery, Query()]) -> ExchangesResponse:
    """Requests with their responses: those that pass all filters, newest first, a page at a time."""
    paging = query.model_dump(include={"limit", "cursor", "bodies"})
    filters = Filter(**query.model_dump(exclude=set(paging)))
    try:
        result = await read_or_unavailable(lambda: page(filters, **paging))
    except BadCursor as error:
        message = f"Got cursor={quoted(query.cursor)}; expected the `next` of an earlier page."
        raise field_error("cursor", message, query.cursor) from error
    return {"exchanges": [_response(each) for each in result.exchanges], "next": result.next}


@router.get("/exchanges/{id}", summary="Show an exchange", responses=errors(401, 404, 503))
async def show_exchange(
    text: Annotated[str, Path(alias="id", json_schema_extra={"format": "uuid"})],
) -> ExchangeResponse:
    """The exchange with this `X-Exchange-Id`."""
    id_ = parse_id("id", text, "the X-Exchange-Id of a response")
    stored = await read_or_unavailable(lambda: exchange(id_))
    if stored is None:
        message = f"There is no exchange {id_}; a new one takes a moment to get here."
        raise ApiError(404, "unknown_exchange", message)
    return _response(stored)


async def read_or_unavailable(read: Callable[[], T]) -> T:
    """The result of ``read``, which may wait for the database; raises a 503 where it cannot be reached."""
    try:
        return await read_database(read)
    except UNAVAILABLE as error:
        raise ApiError(
            503,
            "database_away",
            "The database cannot be reached; try again later. Nothing is lost: new exchanges wait on disk.",
        ) from error


def _response(stored: Exchange) -> ExchangeResponse:
    row = asdict(stored)
    encoded = {name: b64encode(value).decode() for name, value in row.items() if isinstance(value, bytes)}
    return cast(ExchangeResponse, row | encoded)
