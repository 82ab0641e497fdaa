"""The settings of the project, read from ``DIAMONDS_*`` environment variables."""

import json
import re
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from diamonds.grades import SCALE, on_scale
from diamonds.logs import LogFormat

PROJECT = Path(__file__).resolve().parent.parent

PATH_PREFIX = r"^((/[A-Za-z0-9._~-]+)+)?$"
"""What a path prefix looks like: none, or one without a slash at its end."""

_KEY = re.compile(r"[!-~]{16,512}")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


SECRET = frozenset({"api_keys", "database_url", "data", "model_store_url", "notify"})
"""The settings that may have a password or a key in them."""


class InvalidSettings(ValueError):
    """A setting is not as its description says; the message names it, and never has a secret in it."""


def _parse_list(value: object) -> object:
    """A list as JSON, or with commas between its items."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [item.strip() for item in value.split(",") if item.strip()]
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise ValueError("expected a list as JSON, or items with commas between them") from None


def _check_key(key: SecretStr) -> SecretStr:
    if _KEY.fullmatch(key.get_secret_value()) is None:
        length = len(key.get_secret_value())
        raise ValueError(
            f"Got DIAMONDS_API_KEYS with a key of {length} characters; expected 16 to 512 visible ASCII "
            "characters in each, such as `openssl rand -hex 32` prints."
        )
    return key


def _check_origin(origin: str) -> str:
    if origin != "*" and _ORIGIN.fullmatch(origin.lower()) is None:
        raise ValueError(
            f"Got DIAMONDS_CORS_ORIGINS with {origin!r}; expected a scheme and a host, such as https://app.example."
        )
    return origin.lower()


def _check_network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        got = f"Got DIAMONDS_TRUSTED_PROXIES with {text!r}"
        raise ValueError(f"{got}; expected an address or a network, such as 10.0.0.0/8.") from None
    return text


Listed = (NoDecode, BeforeValidator(_parse_list))
ApiKey = Annotated[SecretStr, AfterValidator(_check_key)]
Network = Annotated[str, AfterValidator(_check_network)]
Origin = Annotated[str, AfterValidator(_check_origin)]


class Settings(BaseSettings):
    """All settings; by default everything runs on this machine and binds to loopback."""

    model_config = SettingsConfigDict(env_prefix="DIAMONDS_", frozen=True)

    home: Path = Field(
        default=PROJECT / ".diamonds",
        description="Folder of the embedded Postgres, the journals of exchanges, and uploaded files.",
    )
    data: str = Field(
        default=str(PROJECT / "data" / "diamonds.csv"),
        description="Training data: a file, a folder, a URL, or a SQLAlchemy URL with #table or #query.",
    )
    data_folders: list[Path] = Field(
        default_factory=list,
        description="Folders, as JSON, from which a training that was started over the network may read; "
        "besides `DIAMONDS_DATA` and uploads.",
    )
    data_hosts: list[str] = Field(
        default_factory=list,
        description='Servers from which such a training may read, as JSON: ["https://data.example"].',
    )
    train_on_sales: bool = Field(
        default=False,
        description="Trainings on `DIAMONDS_DATA` also learn from the sales of quoted stones (feedback), and "
        "more from recent sales than from old ones.",
    )
    sales_half_life_days: float = Field(
        default=90.0,
        gt=0,
        description="Age at which a sale counts half as much in such a training, in days; see "
        "`DIAMONDS_TRAIN_ON_SALES`.",
    )
    column_aliases: dict[str, list[str]] = Field(
        default_factory=dict,
        description='Additional column names of training data, as JSON: {"price": ["asking price"]}; '
        "they take precedence over the built-in ones.",
    )
    columns: list[str] = Field(
        default_factory=list,
        description='Column names of data without a header, in their order, as JSON: ["carat", "cut"].',
    )
    mapping: str | None = Field(
        default=None, description="Name of a saved mapping of columns (`diamonds data FILE --save NAME`)."
    )
    grades: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description='Grades by how a source writes them, as JSON: {"cut": {"Signature": "Ideal"}}; they take '
        "precedence over the built-in ones.",
    )
    extrapolate_grades: bool = Field(
        default=False,
        description="Quote a stone of a grade that the model has not learned as one of the nearest learned "
        "grade, with a warning; otherwise it is refused.",
    )
    shape: str = Field(
        default="round", description="Shape of the stones; others are set aside. `any`: all shapes together."
    )
    origin: Literal["natural", "lab-grown", "any"] = Field(
        default="natural",
        description="Origin of the stones: `natural`, `lab-grown`, or `any` for both together.",
    )
    treatment: Literal["untreated", "treated", "any"] = Field(
        default="untreated", description="Treatment of the stones: `untreated`, `treated`, or `any`."
    )
    currency: str = Field(
        default="USD", pattern="^([A-Z]{3}|any)$", description="Currency of the prices, as its ISO code."
    )
    largest_set_aside_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Maximum share of invalid rows in the training data; with more, training stops.",
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
    api_keys: Annotated[frozenset[ApiKey], *Listed] = Field(
        default=frozenset(),
        description="API keys with all scopes, as JSON or with commas, of at least 16 characters, beside "
        "those of `diamonds keys`.",
    )
    allowed_hosts: Annotated[frozenset[str], *Listed] = Field(
        default=frozenset(),
        description="Host names under which the service is called, besides its own, as JSON or with commas; "
        "`*`: any.",
    )
    cors_origins: Annotated[frozenset[Origin], *Listed] = Field(
        default=frozenset(),
        description="Origins of web applications that may call the API from a browser, as JSON or with "
        "commas, such as https://app.example; `*`: any, on loopback only.",
    )
    rate_limit: str | None = Field(
        default=None,
        pattern=r"^[1-9][0-9]*/(second|minute|hour|day)$",
        description="Maximum rate of requests with one key, or of one address without, to each worker, such "
        "as 600/minute; others get status 429. Unset: no limit.",
    )
    quota: int | None = Field(
        default=None,
        gt=0,
        description="Maximum number of requests with one key, or of one address without, to each worker in a "
        "day. Unset: no limit.",
    )
    retention_months: int | None = Field(
        default=None,
        ge=1,
        description="Number of past months of exchanges to retain besides the current one; unset: all.",
    )
    max_concurrency: int = Field(
        default=512,
        gt=0,
        description="Maximum number of requests that one worker handles at once; others get status 429.",
    )
    request_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Maximum duration of a request, in seconds: to receive it (else status 408), and to "
        "answer it (504).",
    )
    keep_alive_seconds: int = Field(
        default=75,
        gt=0,
        description="Time without a request after which a connection is closed, in seconds; longer than a "
        "balancer in front waits for its own.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], *Listed] = Field(
        default=(),
        description="Addresses or networks of the proxies whose `X-Forwarded-For`, `-Proto`, `-Host` and "
        "`-Prefix` count, as JSON or with commas, such as 10.0.0.0/8.",
    )
    path_prefix: str = Field(
        default="",
        pattern=PATH_PREFIX,
        description="Path under which a proxy publishes the service, such as /diamonds; whether the proxy "
        "passes it on or leaves it out.",
    )
    max_header_bytes: int = Field(
        default=64 * 1024,
        ge=1024,
        description="Maximum size of a request's line and headers, in bytes; larger ones get status 431.",
    )
    max_incomplete_requests: int = Field(
        default=2048,
        gt=0,
        description="Maximum number of requests whose bodies one worker is receiving; others get status 429.",
    )
    max_incomplete_bytes: int = Field(
        default=64 * 1024**2,
        gt=0,
        description="Maximum size of all bodies together that one worker is receiving, in bytes; what would "
        "exceed it gets status 429.",
    )
    shutdown_seconds: int = Field(
        default=10,
        gt=0,
        description="Maximum time for requests in flight to finish when the service is stopped, in seconds.",
    )
    log_format: LogFormat = Field(
        default="text", description="How the service writes its log: `text`, or `json`, an object a line."
    )
    trials: int = Field(default=4, ge=1, description="Number of Optuna trials when a model is tuned.")
    work_pool: str = Field(
        default="diamonds",
        pattern="^[A-Za-z0-9._-]+$",
        description="Prefect's work pool for trainings and maintenance; made where there is none.",
    )
    work_pool_type: Literal["process", "docker", "kubernetes"] = Field(
        default="process", description="Type of the work pool, where it is made: how its workers start runs."
    )
    image: str = Field(
        default="diamonds:latest", description="Image of the project, for runs in Docker and Kubernetes."
    )
    notify: SecretStr | None = Field(
        default=None,
        description="Where failed, late and missing trainings are reported: the URL of a webhook, or a "
        "notification block of Prefect as TYPE/NAME, such as slack-webhook/team. Unset: nowhere.",
    )
    coverage: float = Field(
        default=0.9, gt=0.5, lt=1, description="Share of true prices that lie within the quoted intervals."
    )
    keep_versions: int = Field(
        default=20,
        ge=1,
        description="Number of newest versions of each model, and of datasets, to retain; never deleted are "
        "champions, and what versions were trained on.",
    )
    slowest_quote_ms: float | None = Field(
        default=None,
        gt=0,
        description="Maximum time that a version may take for one quote to be promoted, in ms; unset: any.",
    )
    seed: int = Field(default=0, ge=0, description="Random seed of training.")
    monitor_window_hours: float = Field(
        default=24.0,
        gt=0,
        description="Length of the windows of the record that the monitoring looks at, in hours.",
    )
    retrain_cooldown_hours: float = Field(
        default=24.0,
        ge=0,
        description="Minimum time between two trainings that alarms of the monitoring start, in hours.",
    )
    champion_check_seconds: float = Field(
        default=0.5, gt=0, description="Interval at which a worker checks for a new champion, in seconds."
    )
    service_workers: int = Field(default=1, ge=1, description="Number of processes that serve the API.")
    most_body_bytes: int = Field(
        default=10_000_000, gt=0, description="Maximum size of a request body, in bytes."
    )
    most_upload_bytes: int = Field(
        default=50_000_000, gt=0, description="Maximum size of an uploaded version file, in bytes."
    )
    host: str = Field(default="127.0.0.1", description="Address to which `make run` binds the service.")
    dashboard_host: str = Field(
        default="127.0.0.1", description="Address to which `make run` binds the dashboard."
    )
    prefect_host: str = Field(
        default="127.0.0.1", description="Address to which `make run` binds Prefect's server."
    )
    service_port: int = Field(default=3000, description="Port of the BentoML service under `make run`.")
    dashboard_port: int = Field(default=8501, description="Port of the dashboard under `make run`.")
    prefect_port: int = Field(default=4200, description="Port of Prefect's server under `make run`.")

    service_url: str | None = Field(
        default=None,
        description="URL of the service for the dashboard; unset: `DIAMONDS_SERVICE_PORT` on this machine.",
    )
    prefect_url: str | None = Field(
        default=None,
        description="URL of Prefect for the dashboard; unset: `PREFECT_API_URL`, or else "
        "`DIAMONDS_PREFECT_PORT` on this machine.",
    )
    session_idle_minutes: float = Field(
        default=30.0,
        gt=0,
        description="Time without activity after which the dashboard signs a person out, in minutes.",
    )

    @field_validator("host", "dashboard_host", "prefect_host")
    @classmethod
    def _as_address(cls, host: str, info: ValidationInfo) -> str:
        try:
            return str(ip_address({"localhost": "127.0.0.1"}.get(host, host)))
        except ValueError as error:
            name = f"DIAMONDS_{str(info.field_name).upper()}"
            expected = "an IP address, such as 127.0.0.1, ::1 or 0.0.0.0, or localhost"
            raise ValueError(f"Got {name}={host!r}; expected {expected}.") from error

    @field_validator("grades")
    @classmethod
    def _are_on_the_scale(cls, grades: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for column, mapped in grades.items():
            if column not in SCALE:
                raise ValueError(f"Got grades of {column!r}; expected any of {', '.join(SCALE)}.")
            for grade in mapped.values():
                on_scale(column, grade)
        return grades


@cache
def settings() -> Settings:
    """This process's settings, read once; raises ``InvalidSettings``."""
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidSettings(" ".join(map(_sentence, error.errors()))) from None
    except SettingsError as error:  # a value that is no JSON; the message names its field alone
        raise InvalidSettings(f"{error}.") from None


def _sentence(details: Any) -> str:
    """One wrong setting, with its value unless that may be a secret."""
    message = details["msg"].removeprefix("Value error, ")
    if message.startswith("Got "):
        return str(message)
    field = str(details["loc"][0])
    got = "..." if field in SECRET else repr(details["input"])
    return f"Got DIAMONDS_{field.upper()}={got}: {message}."
