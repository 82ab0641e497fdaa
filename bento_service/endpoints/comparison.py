"""Compares two versions on the hold-out without promoting either: GET /comparison."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from bento_service.endpoints.versions import Tag, damage_as_conflict, find_version
from bento_service.http.openapi import errors
from bento_service.http.parameters import Query
from bento_service.http.router import Router
from bento_service.http.routes import FileRoute
from diamonds.versions import promotion


class ComparisonQuery(BaseModel):
    """Two versions to compare on the hold-out of the second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    champion: Annotated[Tag, Field(description="Tag of the version in the role of the champion.")]
    challenger: Annotated[Tag, Field(description="Tag of the version that challenges it.")]


class ComparisonResponse(TypedDict):
    """Whether the challenger would be promoted, and why."""

    promote: bool
    reason: str


router = Router(FileRoute)


@router.get("/comparison", summary="Compare two versions", responses=errors(404, 409))
def compare(query: Annotated[ComparisonQuery, Query()]) -> ComparisonResponse:
    """Whether one version would be promoted over another; nothing is changed."""
    for tag in (query.champion, query.challenger):
        find_version(tag)
    with damage_as_conflict():
        decision = promotion.compare(query.champion, query.challenger)
    return {"promote": decision.promote, "reason": decision.reason}
