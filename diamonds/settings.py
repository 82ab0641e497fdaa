"""Every setting of the project, read from ``DIAMONDS_*`` environment variables in this one place."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What can be configured; the defaults run everything on this machine, on loopback."""

    model_config = SettingsConfigDict(env_prefix="DIAMONDS_", frozen=True)

    home: Path = Field(default=PROJECT / ".diamonds", description="Folder of the embedded Postgres.")
    data: Path = Field(
        default=PROJECT / "data" / "diamonds.csv", description="The CSV file of sold stones to train on."
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of a Postgres; unset: the embedded one under `home`."
    )
    trials: int = Field(default=4, ge=1, description="Optuna trials of one tuning.")
    coverage: float = Field(
        default=0.9, gt=0.5, lt=1, description="Share of true prices that intervals promise to hold."
    )
    seed: int = Field(default=0, ge=0, description="Seed of everything random in training.")
    champion_check_seconds: float = Field(
        default=1.0, gt=0, description="How often a worker looks for a newly promoted champion, in seconds."
    )
    host: str = Field(default="127.0.0.1", description="Address that `make run` binds.")
    service_port: int = Field(default=3000, description="Port of the BentoML service under `make run`.")
    dashboard_port: int = Field(default=8501, description="Port of the dashboard under `make run`.")
    prefect_port: int = Field(default=4200, description="Port of Prefect's server under `make run`.")


@cache
def settings() -> Settings:
    """This process's settings, read once."""
    return Settings()
