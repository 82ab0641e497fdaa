"""The settings of the project, read from ``DIAMONDS_*`` environment variables."""

import os
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from diamonds.settings.access import AccessSettings
from diamonds.settings.addresses import PATH_PREFIX, AddressSettings
from diamonds.settings.data import PROJECT, DataSettings
from diamonds.settings.serving import ServingSettings
from diamonds.settings.storage import StorageSettings
from diamonds.settings.training import TrainingSettings

__all__ = ["PATH_PREFIX", "PROJECT", "SECRET", "InvalidSettings", "Settings", "settings", "unknown_variables"]

SECRET = frozenset({"api_keys", "database_url", "data", "model_store_url", "notify"})
"""The settings that may have a password or a key in them."""

_SELF_EXPLAINING = ("_parsing", "than", "_equal", "literal_error", "finite_number")
"""Endings of the kinds of errors that say by themselves what would be right."""
_OTHERS = ("DIAMONDS_PART", "DIAMONDS_FAULT_SEED")
"""Variables of processes of ours, and of tests, that are no settings."""


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

    model_config = SettingsConfigDict(env_prefix="DIAMONDS_", frozen=True, allow_inf_nan=False)


@cache
def settings() -> Settings:
    """This process's settings, read once; raises ``InvalidSettings``."""
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidSettings(" ".join(map(_sentence, error.errors()))) from None


def _sentence(details: Any) -> str:
    """One wrong setting, with its value unless that may be a secret."""
    message = details["msg"].removeprefix("Value error, ")
    if message.startswith("Got "):
        return str(message)
    field = str(details["loc"][0])
    got = "..." if field in SECRET else repr(details["input"])
    meaning = "" if details["type"].endswith(_SELF_EXPLAINING) else Settings.model_fields[field].description
    return " ".join(filter(None, [f"Got DIAMONDS_{field.upper()}={got}: {message}.", meaning]))


def unknown_variables() -> list[str]:
    """A sentence on each environment variable that is named as a setting and is none: it means nothing."""
    known = [f"DIAMONDS_{field.upper()}" for field in Settings.model_fields]
    named = [name for name in os.environ if name.upper().startswith("DIAMONDS_")]
    return [
        f"There is no setting {name}{_similar(name.upper(), known)}"
        for name in sorted(named)
        if name.upper() not in (*known, *_OTHERS)
    ]


def _similar(name: str, known: Sequence[str]) -> str:
    similar = get_close_matches(name, known, n=1)
    return f"; did you mean {similar[0]}?" if similar else "."
