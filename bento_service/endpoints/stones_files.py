"""Prices a file of stones: reads it as training data is read, and answers in its own format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bento_service.endpoints.columnar import MOST_STONES
from bento_service.http.body import STONES_FILES
from bento_service.http.errors import ApiError, bad_request
from diamonds.api.schemas import Source
from diamonds.dataset import DataError, StonesFile, read_stones
from diamonds.dataset.priced_file import FileFormat, format_for, priced_rows
from diamonds.models.features import matrix_of_columns
from diamonds.pricing.pricer import Pricer, Quotes

_SCHEMA = {"schema": {"type": "string", "format": "binary", "description": "A file with a stone a row."}}
CONTENT = dict.fromkeys(sorted(STONES_FILES), _SCHEMA)
"""The content types of files in the OpenAPI document."""


class FileQuery(BaseModel):
    """How a file of stones is to be read, and by which model its stones are priced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str | None, Field(description="Name of the model that quotes a file.")] = None
    part: Annotated[
        str | None, Field(description="Of a file with several sheets, tables or files the one to price.")
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

    file: StonesFile
    format: FileFormat
    model: str | None


@dataclass(frozen=True, slots=True)
class PricedFile:
    """The answer to a file: its content, which version quoted, and the share of prices in the intervals."""

    content: bytes
    format: FileFormat
    source: Source
    coverage: float

    def response(self) -> Response:
        """The file, with what a JSON answer has beside the prices as headers."""
        return Response(
            self.content,
            media_type=self.format.content_type,
            headers={
                "content-disposition": f'attachment; filename="priced{self.format.suffix}"',
                **{f"x-{name}": str(value) for name, value in self.source.items()},
                "x-coverage": f"{self.coverage:g}",
            },
        )


def read_upload(content: bytes, query: FileQuery) -> Upload:
    """The stones of a file; a 400 when it has none, a 413 when it has too many."""
    name = f"the file.csv#{query.part}" if query.part else "the file"
    try:
        file = read_stones(name, content)
    except DataError as error:
        raise bad_request(str(error).replace("the file.csv", "the file"), code="bad_stones_file") from error
    if len(file.rows) > MOST_STONES:
        message = f"Got a file with {len(file.rows):,} rows; send at most {MOST_STONES:,} in one request."
        raise ApiError(413, "too_large", message)
    return Upload(file, format_for(content), query.model)


def price_file(upload: Upload, pricer: Pricer, source: Source) -> PricedFile:
    """The rows of a file in their order, each with its price or with the problem why it has none."""
    stones = upload.file.priceable
    quotes = pricer.quotes(matrix_of_columns({name: stones[name].to_list() for name in stones.columns}))
    rows = priced_rows(upload.file, _columns(quotes))
    return PricedFile(upload.format.write(rows), upload.format, source, pricer.coverage)


def _columns(quotes: Quotes) -> Mapping[str, Sequence[Any]]:
    warnings = [" ".join(quotes.warnings.get(place, [])) or None for place in range(len(quotes.price))]
    return {"price": quotes.price, "low": quotes.low, "high": quotes.high, "warning": warnings}
