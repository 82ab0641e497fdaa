"""The settings of the project, read from ``DIAMONDS_*`` environment variables."""

from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from diamonds.settings.access import AccessSettings
from diamonds.settings.addresses import PATH_PREFIX, AddressSettings
from diamonds.settings.data import PROJECT, DataSettings
from diamonds.settings.serving import ServingSettings
from diamonds.settings.storage import StorageSettings
from diamonds.settings.training import TrainingSettings

__all__ = ["PATH_PREFIX", "PROJECT", "SECRET", "InvalidSettings", "Settings", "settings"]

SECRET = frozenset({"api_keys", "database_url", "data", "model_store_url", "notify"})
"""The settings that may have a password or a key in them."""


class InvalidSettings(ValueError):
    """A setting is not as its description says; the message names it, and never has a secret in it."""


class Settings(
    AddressSettings,
    ServingSettings,
    AccessSettings,
    StorageSettings,
    TrainingSettings,
    DataSettings,
    BaseSettings,
):
    """All settings; by default everything runs on this machine and binds to loopback."""

    model_config = SettingsConfigDict(env_prefix="DIAMONDS_", frozen=True)


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
