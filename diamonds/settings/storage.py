"""Where models and exchanges are stored, and for how long."""

from pathlib import Path

from pydantic import BaseModel, Field

from diamonds.settings.data import PROJECT


class StorageSettings(BaseModel):
    """Where models and exchanges are stored, and for how long."""

    home: Path = Field(
        default=PROJECT / ".diamonds",
        description="Folder of the embedded Postgres, the journals of exchanges, and uploaded files.",
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the Postgres database; unset: the embedded Postgres."
    )
    model_store_url: str | None = Field(
        default=None,
        description="URL of the model store of several machines: s3, gs, abfs, file, or http to read; "
        "unset: each has its own.",
    )
    journal_max_bytes: int = Field(
        default=10 * 1024**3, gt=0, description="Maximum size of one worker's journal of exchanges, in bytes."
    )
    journal_sync: bool = Field(
        default=False,
        description="Flush the journal to disk (fsync) before a response ends, so that exchanges survive a "
        "power failure, not just a killed process.",
    )
    kept_body_bytes: int = Field(
        default=1024**2,
        ge=1024,
        description="Maximum size of a recorded body, in bytes; of a longer one the first bytes, the size "
        "and the SHA-256 are recorded.",
    )
    masked_fields: frozenset[str] = Field(
        default=frozenset(), description='JSON fields whose values are not recorded, as JSON: ["name"].'
    )
    retention_months: int | None = Field(
        default=None,
        ge=1,
        description="Number of past months of exchanges to retain besides the current one; unset: all.",
    )
