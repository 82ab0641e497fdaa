"""Where the parts listen, and where they find one another."""

from ipaddress import ip_address
from typing import Annotated, Self

from pydantic import BaseModel, Field, ValidationInfo, field_validator, model_validator

from diamonds.settings.values import Url

PATH_PREFIX = r"^((/[A-Za-z0-9._~-]+)+)?$"
"""What a path prefix looks like: none, or one without a slash at its end."""

Port = Annotated[int, Field(ge=1, le=65535)]


class AddressSettings(BaseModel):
    """Where the parts listen, and where they find one another."""

    host: str = Field(default="127.0.0.1", description="Address to which `make run` binds the service.")
    dashboard_host: str = Field(
        default="127.0.0.1", description="Address to which `make run` binds the dashboard."
    )
    prefect_host: str = Field(
        default="127.0.0.1", description="Address to which `make run` binds Prefect's server."
    )
    service_port: Port = Field(default=3000, description="Port of the BentoML service under `make run`.")
    dashboard_port: Port = Field(default=8501, description="Port of the dashboard under `make run`.")
    prefect_port: Port = Field(default=4200, description="Port of Prefect's server under `make run`.")
    path_prefix: str = Field(
        default="",
        pattern=PATH_PREFIX,
        description="Path under which a proxy publishes the service, such as /diamonds; whether the proxy "
        "passes it on or leaves it out.",
    )
    service_url: Url | None = Field(
        default=None,
        description="URL of the service for the dashboard; unset: `DIAMONDS_SERVICE_PORT` on this machine.",
    )
    prefect_url: Url | None = Field(
        default=None,
        description="URL of Prefect for the dashboard; unset: `PREFECT_API_URL`, or else "
        "`DIAMONDS_PREFECT_PORT` on this machine.",
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

    @model_validator(mode="after")
    def _have_a_port_each(self) -> Self:
        taken: dict[tuple[str, int], str] = {}
        for server, host in (
            ("service", self.host),
            ("dashboard", self.dashboard_host),
            ("prefect", self.prefect_host),
        ):
            name, port = f"DIAMONDS_{server.upper()}_PORT", getattr(self, f"{server}_port")
            other = taken.setdefault((host, port), name)
            if other != name:
                raise ValueError(f"Got {name}={port}, as {other}; expected a port for each.")
        return self
