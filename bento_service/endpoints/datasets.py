"""Stores datasets and shows their reports: POST /datasets and GET /datasets/{fingerprint}."""

import time
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response
from starlette.types import Receive, Scope
from typing_extensions import TypedDict

from bento_service.endpoints.dataset_files import FileRequest, FileResult, read_file
from bento_service.endpoints.stones_files import CONTENT
from bento_service.endpoints.trainings import prefect_needed
from bento_service.endpoints.versions import damage_as_conflict
from bento_service.http.body import BYTES, check_stones_file, read_any_body
from bento_service.http.errors import ApiError, field_error, quoted
from bento_service.http.openapi import errors
from bento_service.http.parameters import Body, Query
from bento_service.http.parsing import parse_query
from bento_service.http.responses import JsonResponse
from bento_service.http.router import Router
from bento_service.http.routes import FileRoute
from diamonds.api.responses import StartedTraining, StoredDataset
from diamonds.dataset import DataReport, markdown_of
from diamonds.dataset.market_folder import NoDataFolder, add_file, market_folder
from diamonds.prefect_api.events import emit_dataset_added
from diamonds.prefect_api.runs import check_deployed, data_in_use
from diamonds.versions import datasets

_PATIENCE_SECONDS = 3.0
"""How long an answer waits for the training that follows an event; mostly it takes one."""
_POLL_SECONDS = 0.2


class DatasetQuery(BaseModel):
    """How a file is called and to be read, and what becomes of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[
        str, Field(pattern=r"^\w[\w .()+-]{0,99}$", description="What the file is called in reports.")
    ] = "stones.csv"
    part: Annotated[
        str | None, Field(max_length=100, description="Of a file with several sheets or tables the one.")
    ] = None
    columns: Annotated[
        str | None, Field(description="Names of the columns of a file without a header: carat,cut,...,price")
    ] = None
    mapping: Annotated[
        str | None, Field(description="Name of a saved mapping of the columns of the file.")
    ] = None
    market: Annotated[
        bool,
        Field(
            description="true: it belongs to the market, and is added to the folder of DIAMONDS_DATA; else "
            "it is stored apart, and what learns from it is promoted by a person only."
        ),
    ] = False


class AddedDatasetResponse(StoredDataset):
    """What was understood of a file of sold stones, where it is stored, and its training."""

    report: DataReport
    page: Annotated[str, Field(description="The report as a page of Markdown.")]


class DatasetResponse(TypedDict):
    """What a dataset was made of: rows read, kept and removed by rule, and what changed since the last."""

    tag: Annotated[str, Field(description="Tag of the dataset in the model store.")]
    created_at: datetime
    report: DataReport
    page: Annotated[str, Field(description="The report as a page of Markdown.")]


class DatasetRoute(FileRoute):
    """Takes a file with what its query says of it; a dataset that is new is a 201."""

    async def arguments(self, scope: Scope, receive: Receive) -> list[Any]:
        check_stones_file(scope)
        query = parse_query(scope["query_string"], DatasetQuery)
        return [await read_any_body(receive), query]

    def respond(self, scope: Scope, result: Any) -> Response:
        return JsonResponse(result, 201 if result["new"] else 200)


router = Router()


@router.get("/datasets/{fingerprint}", summary="Show a dataset", responses=errors(404, 409))
def show_dataset(fingerprint: str) -> DatasetResponse:
    """The report of the dataset with that fingerprint."""
    with damage_as_conflict():
        stored = datasets.find(fingerprint)
    if stored is None:
        message = f"There is no dataset {quoted(fingerprint)}; each version of a model names its own."
        raise field_error("fingerprint", message, fingerprint, status=404, code="unknown_dataset")
    from diamonds.dataset import report_in

    report = report_in(stored.folder)
    return {
        "tag": stored.tag,
        "created_at": stored.created_at,
        "report": report,
        "page": markdown_of(report),
    }


@router.post(
    "/datasets",
    summary="Store a dataset and train on it",
    responses=errors(401, 409, 503)
    | {201: {"model": AddedDatasetResponse, "description": "It is new, and stored."}},
    route_class=DatasetRoute,
    openapi_extra={"requestBody": {"content": CONTENT}},
)
def add_dataset(
    content: Annotated[bytes, Body(media_type=BYTES)], query: Annotated[DatasetQuery, Query()]
) -> AddedDatasetResponse:
    """Stores the sold stones of a file, whatever format training reads, and has all models trained on them.

    The same stones are one dataset, in whatever file they come.
    """
    with prefect_needed():
        check_deployed()
        return _added_to_market(content, query) if query.market else _stored(content, query)


def _stored(content: bytes, query: DatasetQuery) -> AddedDatasetResponse:
    found = read_file(content, FileRequest(**query.model_dump(exclude={"market"})))
    report = _report(found)
    return _response(report, found.is_new, training_on(report.fingerprint), tag=found.tag)


def _added_to_market(content: bytes, query: DatasetQuery) -> AddedDatasetResponse:
    """Adds a file to the market's folder, which ``flows.new_data`` watches."""
    for name in ("part", "columns", "mapping"):
        if getattr(query, name) is not None:
            message = f"The market's files are read by the settings alone; leave out `{name}`."
            raise field_error(name, message, getattr(query, name))
    try:
        market_folder()
        report = _report(read_file(content, FileRequest(name=query.name, store=False)))
        path, is_new = add_file(query.name, content)
    except NoDataFolder as error:
        raise ApiError(409, "no_data_folder", str(error)) from error
    return _response(report, is_new, {"state": "soon", "id": None}, file=str(path))


def _report(found: FileResult) -> DataReport:
    if found.report is None:
        raise LookupError("A file that was read has a report.")
    return found.report


def _response(
    report: DataReport,
    is_new: bool,
    training: StartedTraining,
    *,
    tag: str | None = None,
    file: str | None = None,
) -> AddedDatasetResponse:
    return {
        "fingerprint": report.fingerprint,
        "new": is_new,
        "tag": tag,
        "file": file,
        "training": training,
        "report": report,
        "page": markdown_of(report),
    }


def training_on(fingerprint: str) -> StartedTraining:
    """The training on a stored dataset, which is started unless there is one, or was one that succeeded."""
    data = datasets.reference_to(fingerprint)
    if fingerprint in datasets.learned_from():
        return {"state": "trained", "id": None}
    run = data_in_use().get(data)
    if run is None:
        emit_dataset_added(fingerprint, data)
        run = _awaited_run(data)
    return {"state": "started" if run else "soon", "id": run}


def _awaited_run(data: str) -> str | None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        if run := data_in_use().get(data):
            return run
    return None
