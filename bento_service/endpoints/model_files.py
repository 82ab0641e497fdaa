"""Downloads and uploads versions as files: GET /version_files/{version} and POST /version_files."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from bento_service.endpoints.versions import damage_as_conflict, describe, get_version
from bento_service.http.body import BYTES
from bento_service.http.errors import ApiError, bad_request
from bento_service.http.openapi import errors
from bento_service.http.parameters import Body
from bento_service.http.router import Router
from bento_service.http.routes import FileRoute
from diamonds.api.responses import ModelVersion
from diamonds.model_files import transfer
from diamonds.model_files.errors import BadVersionFile
from diamonds.versions import store
from diamonds.versions.changes import VersionExists

_FILE = {"type": "string", "format": "binary", "description": "A `.bentomodel` file."}

_SECONDS = 25
"""So that there is an answer before the time limit of requests."""


class ImportResponse(TypedDict):
    """The version of the file, which was checked and is now one of its model's, not promoted nor accepted."""

    imported: ModelVersion
    checks: Annotated[list[str], Field(description="What was checked, in sentences.")]


router = Router(FileRoute)


@router.get(
    "/version_files/{version}",
    summary="Download a version",
    response_class=Response,
    responses=errors(401, 404, 409) | {200: {"content": {BYTES: {"schema": _FILE}}}},
)
def export_version(version: str) -> Response:
    """A version in BentoML's own export format, which `bentoml models import` takes as well."""
    with damage_as_conflict():
        name = get_version(version).tag.replace(":", "-")
        headers = {"content-disposition": f'attachment; filename="{name}.bentomodel"'}
        return Response(transfer.export_version(version), headers=headers, media_type=BYTES)


@router.post("/version_files", summary="Upload a version", responses=errors(401, 409))
def import_version(content: Annotated[bytes, Body(media_type=BYTES)]) -> ImportResponse:
    """Adds the version of a file to the model store, once it is checked; it is not promoted."""
    try:
        imported = transfer.import_version(content, seconds=_SECONDS)
    except BadVersionFile as error:
        raise bad_request(str(error), code="bad_version_file") from error
    except VersionExists as error:
        raise ApiError(409, "version_exists", str(error)) from error
    return {"imported": describe(imported.version, store.champion()), "checks": imported.checks}
