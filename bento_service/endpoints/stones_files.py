"""Prices a file of stones: reads it as training data is read, and answers in its own format."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bento_service.http.body import STONES_FILES
from bento_service.http.errors import ApiError, bad_request
from diamonds.api.content_types import PRICED_FILES
from diamonds.api.quotes import Source
from diamonds.api.requests import MOST_STONES
from diamonds.dataset import DataError

if TYPE_CHECKING:
    from diamonds.dataset import StonesFile
    from diamonds.dataset.priced_file import FileFormat
    from diamonds.pricing.pricer import Pricer

_SCHEMA = {"schema": {"type": "string", "format": "binary", "description": "A file with a stone a row."}}
CONTENT = dict.fromkeys(sorted(kind for kind in STONES_FILES if kind.startswith("application/vnd.")), _SCHEMA)
"""Files in the OpenAPI document; tools that make up input would send any text as ``text/csv``."""
ANSWERS = dict.fromkeys(PRICED_FILES, _SCHEMA)
"""The files that are answered, in the OpenAPI document."""


class FileQuery(BaseModel):
    """How a file of stones is to be read, and by which model its stones are priced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str | None, Field(description="Name of the model that quotes a file.")] = None
    part: Annotated[
        str | None, Field(description="Of a file with several sheets, tables or files the one to price.")
    ] = None
    columns: Annotated[
        str | None, Field(description="Names of the columns of a file without a header: carat,cut,...")
    ] = None
    mapping: Annotated[
        str | None, Field(description="Name of a saved mapping of the columns of the file.")
    ] = None
    sort: Annotated[
        Literal["deal"] | None,
        Field(description="deal: what is asked for the most below its price comes first; else as sent."),
    ] = None


PARAMETERS = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "description": field.description,
        "schema": {"type": "string"},
    }
    for name, field in FileQuery.model_fields.items()
]
"""The query parameters of files in the OpenAPI document."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was read, the format of its answer, and the model that quotes its stones."""

    file: "StonesFile"
    format: "FileFormat"
    model: str | None
    best_deals_first: bool = False


@dataclass(frozen=True, slots=True)
class PricedFile:
    """The answer to a file: its content, which version quoted, and the share of prices in the intervals."""

    content: bytes
    format: "FileFormat"
    source: Source
    coverage: float | None

    def response(self) -> Response:
        """The file, with what a JSON answer has beside the prices as headers."""
        return Response(
            self.content,
            media_type=self.format.content_type,
            headers={
                "content-disposition": f'attachment; filename="priced{self.format.suffix}"',
                **{f"x-{name}": str(value) for name, value in self.source.items()},
                **({} if self.coverage is None else {"x-coverage": f"{self.coverage:g}"}),
            },
        )


def read_upload(content: bytes, query: FileQuery) -> Upload:
    """The stones of a file; a 400 when it has none, a 413 when it has too many."""
    from diamonds.dataset import ColumnMapping, TooManyRows, read_stones
    from diamonds.dataset.priced_file import format_for

    name = f"the file.csv#{query.part}" if query.part else "the file"
    try:
        mapping = ColumnMapping.chosen(query.mapping, query.columns)
        file = read_stones(name, content, mapping=mapping, most_rows=MOST_STONES)
    except TooManyRows as error:
        raise ApiError(413, "too_large", str(error).replace("the file.csv", "the file")) from error
    except DataError as error:
        raise bad_request(str(error).replace("the file.csv", "the file"), code="bad_stones_file") from error
    return Upload(file, format_for(content), query.model, query.sort == "deal")


def price_file(upload: Upload, pricer: "Pricer", source: Source) -> PricedFile:
    """The rows of a file, each with its price and its deal or with the problem why it has none."""
    from diamonds.dataset.priced_file import best_deals_first
    from diamonds.pricing.priced_stones import price_stones

    priced = price_stones(upload.file, pricer)
    if upload.best_deals_first:
        priced = best_deals_first(priced, upload.file)
    return PricedFile(upload.format.write(priced), upload.format, source, pricer.coverage)
