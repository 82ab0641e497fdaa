"""Reports whether the service can quote, and which versions it refuses: GET /readyz."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from bento_service.endpoints.loaded_models import loaded_models
from bento_service.endpoints.models import describe_refused
from bento_service.endpoints.shared_store import SharedStoreState, shared_store
from bento_service.http.openapi import errors
from bento_service.http.router import Router
from diamonds.api.responses import RefusedVersion


class ReadinessResponse(TypedDict):
    """That the service can quote, by which version, and which others it refuses."""

    champion: str
    refused: list[RefusedVersion]
    shared_store: Annotated[
        SharedStoreState | None, Field(description="Null where each machine has a model store of its own.")
    ]


router = Router()


@router.get("/readyz", summary="Check that the service can quote", responses=errors(503))
def show_readiness() -> ReadinessResponse:
    """The version that quotes, and damaged ones; a 503 that says what to do while there is none to quote."""
    champion = loaded_models.champion
    failed: list[RefusedVersion] = [
        {"version": tag, "reason": reason, "remedy": "Train or import another version of its model."}
        for tag, reason in loaded_models.failed.items()
    ]
    return {
        "champion": champion.pricer.tag,
        "refused": [*describe_refused(), *failed],
        "shared_store": shared_store.state,
    }
