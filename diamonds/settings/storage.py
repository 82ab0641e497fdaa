"""Where models and exchanges are stored, and for how long."""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from diamonds.settings.data import PROJECT
from diamonds.settings.values import Bytes, Json, Text

_UNUSUAL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and what stands in the place of bytes that are no UTF-8."""


class StorageSettings(BaseModel):
    """Where models and exchanges are stored, and for how long."""

    home: Path = Field(
        default=PROJECT / ".diamonds",
        validate_default=True,
        description="Folder of the embedded Postgres, the journals of exchanges, and uploaded files.",
    )
    database_url: Text | None = Field(
        default=None, description="SQLAlchemy URL of the Postgres database; unset: the embedded Postgres."
    )
    model_store_url: Text | None = Field(
        default=None,
        description="URL of the model store of several machines: s3, gs, abfs, file, or http to read; "
        "unset: each has its own.",
    )
    journal_max_bytes: Bytes = Field(
        default=10 * 1024**3, description="Maximum size of one worker's journal of exchanges, in bytes."
    )
    journal_sync: bool = Field(
        default=False,
        description="Flush the journal to disk (fsync) before a response ends, so that exchanges survive a "
        "power failure, not just a killed process.",
    )
    kept_body_bytes: int = Field(
        default=1024**2,
        ge=1024,
        le=2**30,
        description="Maximum size of a recorded body, in bytes; of a longer one the first bytes, the size "
        "and the SHA-256 are recorded.",
    )
    masked_fields: Annotated[frozenset[str], *Json] = Field(
        default=frozenset(), description='JSON fields whose values are not recorded, as JSON: ["name"].'
    )
    retention_months: int | None = Field(
        default=None,
        ge=1,
        le=1200,
        description="Number of past months of exchanges to retain besides the current one; unset: all.",
    )

    @field_validator("home", mode="before")
    @classmethod
    def _absolute(cls, home: str | Path) -> Path:
        """The folder wherever a process goes; raises ``ValueError`` where it cannot become one."""
        path = Path(home).expanduser().absolute()
        if _UNUSUAL.search(str(path)):  # neither URLs nor Postgres's options can have them in them
            raise ValueError(f"Got DIAMONDS_HOME={str(path)!r}; expected a name in UTF-8 on one line.")
        nearest = next(each for each in (path, *path.parents) if os.path.lexists(each))
        if not str(home) or not nearest.is_dir():
            but = f", and {nearest} is none" if str(home) else ""
            raise ValueError(f"Got DIAMONDS_HOME={str(home)!r}; expected a folder{but}.")
        return path
