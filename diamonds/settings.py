"""Every setting of the project, read from ``DIAMONDS_*`` environment variables in this one place."""

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What can be configured; the defaults run everything on this machine, on loopback."""

    model_config = SettingsConfigDict(env_prefix="DIAMONDS_", frozen=True)

    home: Path = Field(
        default=PROJECT / ".diamonds",
        description="Folder of the embedded Postgres and of the journals of exchanges.",
    )
    data: str = Field(
        default=str(PROJECT / "data" / "diamonds.csv"),
        description="Sold stones to train on: a file, folder, URL, or SQLAlchemy URL with #table or #query.",
    )
    column_aliases: dict[str, list[str]] = Field(
        default_factory=dict,
        description='More names of columns, as JSON: {"price": ["asking price"]}; they prevail over our own.',
    )
    largest_set_aside_share: float = Field(
        default=0.2, ge=0, le=1, description="Training stops when a larger share of the rows breaks a rule."
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of a Postgres; unset: the embedded one under `home`."
    )
    journal_max_bytes: int = Field(
        default=10 * 1024**3, gt=0, description="What a worker's journal of exchanges may hold on disk."
    )
    journal_sync: bool = Field(
        default=False,
        description="Answer only when the exchange survives a power cut, too, not just a killed process.",
    )
    kept_body_bytes: int = Field(
        default=1024**2,
        ge=1024,
        description="Longer bodies are recorded as their first bytes, size and SHA-256.",
    )
    masked_fields: frozenset[str] = Field(
        default=frozenset(), description='JSON fields whose values are never recorded, as JSON: ["name"].'
    )
    api_keys: frozenset[SecretStr] = Field(
        default=frozenset(),
        description="Keys, as JSON: reading exchanges, moving versions, promoting and feedback need one. "
        "Empty: none.",
    )
    retention_months: int | None = Field(
        default=None, ge=1, description="Whole months of exchanges to keep besides this one; unset: all."
    )
    max_concurrency: int = Field(
        default=512, gt=0, description="Requests that a worker handles at once; more are answered with 429."
    )
    request_timeout_seconds: float = Field(
        default=30.0, gt=0, description="A request that takes longer is answered with 504."
    )
    trials: int = Field(default=4, ge=1, description="Optuna trials of one tuning.")
    coverage: float = Field(
        default=0.9, gt=0.5, lt=1, description="Share of true prices that intervals promise to hold."
    )
    keep_versions: int = Field(
        default=20, ge=1, description="Newest versions of each model to keep; champions are kept for ever."
    )
    seed: int = Field(default=0, ge=0, description="Seed of everything random in training.")
    champion_check_seconds: float = Field(
        default=0.5, gt=0, description="How often a worker looks for a newly promoted champion, in seconds."
    )
    service_workers: int = Field(default=1, ge=1, description="Processes that serve the API.")
    most_body_bytes: int = Field(
        default=10_000_000, gt=0, description="Largest request body that the API reads, in bytes."
    )
    most_upload_bytes: int = Field(
        default=50_000_000, gt=0, description="Largest file of a version that can be uploaded, in bytes."
    )
    host: str = Field(default="127.0.0.1", description="Address that `make run` binds.")
    service_port: int = Field(default=3000, description="Port of the BentoML service under `make run`.")
    dashboard_port: int = Field(default=8501, description="Port of the dashboard under `make run`.")
    prefect_port: int = Field(default=4200, description="Port of Prefect's server under `make run`.")

    service_url: str | None = Field(
        default=None, description="Where the dashboard finds the service; unset: at its port on this machine."
    )
    prefect_url: str | None = Field(
        default=None, description="Where the dashboard finds Prefect; unset: at its port on this machine."
    )

    @property
    def reachable_host(self) -> str:
        """Where a process on this machine finds what binds ``host``."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared only


@cache
def settings() -> Settings:
    """This process's settings, read once."""
    return Settings()
