"""How the service handles its connections and requests."""

from pydantic import BaseModel, Field

from diamonds.logs import LogFormat
from diamonds.settings.values import Bytes, Count, Seconds, WholeSeconds


class ServingSettings(BaseModel):
    """How the service handles its connections and requests."""

    service_workers: int = Field(
        default=1, ge=1, le=1000, description="Number of processes that serve the API."
    )
    champion_check_seconds: Seconds = Field(
        default=0.5, description="Interval at which a worker checks for a new champion, in seconds."
    )
    max_concurrency: Count = Field(
        default=512,
        description="Maximum number of requests that one worker handles at once; others get status 429.",
    )
    request_timeout_seconds: Seconds = Field(
        default=30.0,
        description="Maximum duration of a request, in seconds: to receive it (else status 408), and to "
        "answer it (504).",
    )
    keep_alive_seconds: WholeSeconds = Field(
        default=75,
        description="Time without a request after which a connection is closed, in seconds; longer than a "
        "balancer in front waits for its own.",
    )
    max_header_bytes: int = Field(
        default=64 * 1024,
        ge=1024,
        le=2**30,
        description="Maximum size of a request's line and headers, in bytes; larger ones get status 431.",
    )
    max_incomplete_requests: Count = Field(
        default=2048,
        description="Maximum number of requests whose bodies one worker is receiving; others get status 429.",
    )
    max_incomplete_bytes: Bytes = Field(
        default=64 * 1024**2,
        description="Maximum size of all bodies together that one worker is receiving, in bytes; what would "
        "exceed it gets status 429.",
    )
    most_body_bytes: Bytes = Field(
        default=10_000_000, description="Maximum size of a request body, in bytes."
    )
    most_upload_bytes: Bytes = Field(
        default=50_000_000, description="Maximum size of an uploaded version or dataset, in bytes."
    )
    shutdown_seconds: WholeSeconds = Field(
        default=10,
        description="Maximum time for requests in flight to finish when the service is stopped, in seconds.",
    )
    log_format: LogFormat = Field(
        default="text", description="How the service writes its log: `text`, or `json`, an object a line."
    )
