"""Which grades the champion has learned: in GET /grades, in errors, and in the OpenAPI document."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bento_service.endpoints.loaded_models import loaded_models
from bento_service.http.errors import ApiError, field_error
from bento_service.http.openapi import errors
from bento_service.http.parameters import Query
from bento_service.http.parsing import Context
from bento_service.http.router import Router
from bento_service.http.routes import JsonRoute
from diamonds.api.quotes import GradesResponse
from diamonds.diamond import KNOWN_GRADES, Clarity, Color, Cut, GradedWeight
from diamonds.grades import GRADES
from diamonds.pricing.pricer import Pricer, Stone
from diamonds.pricing.scope import UnlearnedGrade


class GradesRoute(JsonRoute):
    """Lists the grades of the champion in errors about grades."""

    def context(self) -> Context:
        return {KNOWN_GRADES: known_grades()}


class GradesQuery(BaseModel):
    """Which model's grades are wanted, and of which grades the weights: all three, or all stones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str | None, Field(description="Name of a model; left out: the champion.")] = None
    cut: Annotated[Cut | None, Field(description="Cut of the stones whose weights are wanted.")] = None
    color: Annotated[Color | None, Field(description="Their color.")] = None
    clarity: Annotated[Clarity | None, Field(description="Their clarity.")] = None

    @property
    def stone(self) -> GradedWeight | None:
        """A stone of the three grades; None unless there are three."""
        if self.cut is None or self.color is None or self.clarity is None:
            return None
        return GradedWeight(carat=1.0, cut=self.cut, color=self.color, clarity=self.clarity)


router = Router()


@router.get("/grades", summary="List the grades that a model has learned", responses=errors(404, 503))
async def list_grades(query: Annotated[GradesQuery, Query()]) -> GradesResponse:
    """The grades of which the champion, or the model of that name, quotes stones, and its market."""
    pricer = await loaded_models.pricer(query.model)
    grades, market = pricer.scope.grades, asdict(pricer.scope.market)
    stone = query.stone and fitted_stone(pricer, query.stone)[0]
    weights = pricer.support.range_of(stone)
    return {
        "cut": list(grades["cut"]),
        "color": list(grades["color"]),
        "clarity": list(grades["clarity"]),
        "market": market,  # type: ignore[typeddict-item]
        "weights": weights and {"low": weights[0], "high": weights[1]},
        "model": pricer.version.model,
        "version": pricer.tag,
    }


def known_grades() -> Mapping[str, Sequence[str]]:
    """The grades of the champion by column, from the worst; the classic ones while there is none."""
    return loaded_models.champion.pricer.scope.grades if loaded_models.ready else GRADES


def fitted_stone(pricer: Pricer, stone: Stone) -> tuple[Stone, list[str]]:
    """The stone as the version can price it, with warnings; a 400 for a grade that it has not learned."""
    try:
        return pricer.fit_stone(stone)
    except UnlearnedGrade as error:
        raise unlearned_grade(error, error.column) from error


def unlearned_grade(error: UnlearnedGrade, field: str) -> ApiError:
    """The 400 for a grade that a version has not learned."""
    return field_error(field, str(error), error.grade)
