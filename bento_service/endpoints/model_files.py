"""Versions as files: taken away and brought back over the API."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from bento_service.endpoints.models import described
from bento_service.endpoints.promotions import damage_told, unknown_version
from bento_service.http.errors import ApiError, bad_request
from diamonds.api.schemas import ModelVersion
from diamonds.model_files.errors import BadVersionFile
from diamonds.model_files.transfer import export_version, import_version
from diamonds.versions import store
from diamonds.versions.store import UnknownVersion, VersionExists


@dataclass(frozen=True, slots=True)
class File:
    """A version in BentoML's own export format, which `bentoml models import` takes as well."""

    name: str
    content: bytes

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"content-type", b"application/octet-stream"),
            (b"content-disposition", f'attachment; filename="{self.name}"'.encode()),
        ]


class ImportAnswer(TypedDict):
    """The version of the file, which is now one of its model's; it was checked before and is not promoted."""

    imported: ModelVersion
    checks: Annotated[list[str], Field(description="What was checked, in sentences.")]


def download(tag: str) -> File:
    """The file of a version; an unknown tag is a 404, a damaged version a 409."""
    with damage_told():
        try:
            return File(f"{store.get(tag).tag.replace(':', '-')}.bentomodel", export_version(tag))
        except UnknownVersion as error:
            raise unknown_version(tag) from error


def upload(content: bytes) -> ImportAnswer:
    """Takes a version in; what speaks against the file is a 400, a tag that is there already a 409."""
    try:
        imported = import_version(content)
    except BadVersionFile as error:
        raise bad_request(str(error), code="bad_version_file") from error
    except VersionExists as error:
        raise ApiError(409, "version_exists", str(error)) from error
    return {"imported": described(imported.version, store.champion()), "checks": imported.checks}
