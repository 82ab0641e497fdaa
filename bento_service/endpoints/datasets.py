"""Shows the reports of stored datasets: GET /datasets/{fingerprint}."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from typing_extensions import TypedDict

from bento_service.endpoints.versions import damage_as_conflict
from bento_service.http.errors import field_error, quoted
from bento_service.http.openapi import errors
from bento_service.http.routes import JsonRoute
from diamonds.dataset import DataReport, markdown_of, report_in
from diamonds.versions import datasets


class DatasetResponse(TypedDict):
    """What a dataset was made of: rows read, kept and removed by rule, and what changed since the last."""

    tag: Annotated[str, Field(description="Tag of the dataset in the model store.")]
    created_at: datetime
    report: DataReport
    page: Annotated[str, Field(description="The report as a page of Markdown.")]


router = APIRouter(route_class=JsonRoute)


@router.get("/datasets/{fingerprint}", summary="Show a dataset", responses=errors(404, 409))
def show_dataset(fingerprint: str) -> DatasetResponse:
    """The report of the dataset with that fingerprint."""
    with damage_as_conflict():
        stored = datasets.find(fingerprint)
    if stored is None:
        message = f"There is no dataset {quoted(fingerprint)}; each version of a model names its own."
        raise field_error("fingerprint", message, fingerprint, status=404, code="unknown_dataset")
    report = report_in(stored.folder)
    return {
        "tag": stored.tag,
        "created_at": stored.created_at,
        "report": report,
        "page": markdown_of(report),
    }
