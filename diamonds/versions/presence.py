"""Lists within milliseconds which models seem to have versions, without reading or checking these."""

from collections.abc import Iterable
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from diamonds.versions.names import CHAMPION_NAME, PREFIX


class BentoMLVariables(BaseSettings):
    """BentoML's own environment variable for where it keeps models, which keeps its meaning."""

    model_config = SettingsConfigDict(env_prefix="BENTOML_", env_ignore_empty=True)

    home: Path = Path("~/bentoml")


def may_have_champion() -> bool:
    """Whether something was promoted, if only a version that is damaged by now."""
    return not untrained([CHAMPION_NAME])


def untrained(models: Iterable[str]) -> list[str]:
    """Those of the models of which the model store has no version at all."""
    return [name for name in models if not any((models_folder() / f"{PREFIX}{name}").glob("*/"))]


def models_folder() -> Path:
    """The folder of the model store, as ``versions.bentoml_store.root`` says without BentoML."""
    return BentoMLVariables().home.expanduser() / "models"
