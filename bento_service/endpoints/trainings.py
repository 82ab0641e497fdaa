"""Starts trainings and follows them, through Prefect's API: POST /trainings and GET /trainings/{training}."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import TypedDict

from bento_service.http.errors import ApiError, field_error, quoted
from bento_service.http.openapi import errors
from bento_service.http.parameters import Path
from bento_service.http.parsing import parse_id
from bento_service.http.router import Router
from bento_service.http.routes import FileRoute
from diamonds.models import REGISTRY, UnknownModel, spec_named
from diamonds.prefect_api.requests import PrefectDown, PrefectRefused, UnknownRun
from diamonds.prefect_api.runs import Run, get_run, progress_of, start_training
from diamonds.training.sources import SourceNotAllowed, check_source

TAG = "api"

ModelName = Annotated[str, Field(json_schema_extra={"enum": list(REGISTRY)})]


class TrainingRequest(BaseModel):
    """What to train; what is left out is as in the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: Annotated[list[ModelName] | None, Field(min_length=1, description="Null: all models.")] = None
    data: Annotated[
        str | None, Field(description="Data that such a training may read; null: that of the settings.")
    ] = None
    trials: Annotated[
        int | None, Field(strict=True, ge=1, le=10**6, description="Trials of each search.")
    ] = None
    minutes: Annotated[
        float | None,
        Field(gt=0, le=10**6, allow_inf_nan=False, description="Time for each search, in minutes."),
    ] = None
    seed: Annotated[int | None, Field(strict=True, ge=0, lt=2**32, description="Random seed.")] = None
    force: Annotated[bool, Field(strict=True, description="Train also where nothing changed.")] = False
    candidates_only: Annotated[
        bool, Field(strict=True, description="The champion stays, whatever the errors of the new versions.")
    ] = False

    @field_validator("models")
    @classmethod
    def _are_known(cls, models: list[str] | None) -> list[str] | None:
        try:
            return models and [spec_named(name).name for name in models]
        except UnknownModel as error:
            raise ValueError(str(error)) from error


class ModelProgress(TypedDict):
    """How far one step of a training is, as a share from 0 to 1."""

    step: str
    share: float


class TrainingResponse(TypedDict):
    """A training, as Prefect knows it."""

    id: Annotated[str, Field(description="The id of the run in Prefect.")]
    state: Annotated[str, Field(description="Such as Scheduled, Late, Running, Completed, Failed, Crashed.")]
    ended: bool
    message: Annotated[str, Field(description="What came of it: the decision, or why it failed.")]
    created_at: datetime
    parameters: dict[str, Any]
    progress: list[ModelProgress]


router = Router(FileRoute)


@router.post("/trainings", summary="Start a training", responses=errors(401, 503))
def start(request: TrainingRequest) -> TrainingResponse:
    """Starts a run that trains models and promotes the best, if it may; one of Prefect's workers takes it."""
    if request.data is not None:
        try:
            check_source(request.data)
        except SourceNotAllowed as error:
            raise field_error("data", str(error), request.data) from error
    parameters = request.model_dump(exclude_none=True, exclude={"models"})
    with prefect_needed():
        return _response(start_training(request.models, tag=TAG, **parameters))


@router.get("/trainings/{training}", summary="Follow a training", responses=errors(401, 404, 503))
def follow(
    training: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> TrainingResponse:
    """The state of a training that was started over HTTP, by the dashboard or by a schedule."""
    run_id = parse_id("training", training, "the id of a training")
    with prefect_needed():
        try:
            return _response(get_run(str(run_id)))
        except UnknownRun as error:
            message = f"There is no training {quoted(training)}."
            raise field_error("training", message, training, status=404, code="unknown_training") from error


def _response(run: Run) -> TrainingResponse:
    return {
        "id": run.id,
        "state": run.state,
        "ended": run.ended,
        "message": run.message,
        "created_at": run.created_at,
        "parameters": run.parameters,
        "progress": [{"step": each.description, "share": each.share} for each in progress_of(run.id)],
    }


@contextmanager
def prefect_needed() -> Iterator[None]:
    """Turns what is wrong with Prefect's server into a 503 that says what to do."""
    try:
        yield
    except (PrefectDown, PrefectRefused) as error:
        message = f"{error} Trainings need Prefect's server: see PREFECT_API_URL and `diamonds run`."
        raise ApiError(503, "prefect_away", message) from error
