"""Where the store has the champion alone, as in a Bento, what its quotes name is found everywhere."""

import shutil
from pathlib import Path

import pytest

from bento_service.endpoints.models import list_models, show_model, unknown_model
from bento_service.endpoints.promotions import list_promotions
from bento_service.endpoints.versions import show_version
from bento_service.http.errors import ApiError
from diamonds.versions import store
from diamonds.versions.version import Version


@pytest.fixture
def alone(xgboost: Version, empty_model_store: Path) -> str:
    """The tag of a champion in a store that has nothing else."""
    name, _, identity = xgboost.tag.partition(":")
    model = empty_model_store / "models" / name
    shutil.copytree(xgboost.folder, model / identity)
    (model / "latest").write_text(identity)
    store.promote(xgboost.tag, "the only one")
    shutil.rmtree(model)
    return xgboost.tag


def test_the_version_that_quotes_name_is_shown(alone: str) -> None:
    shown = show_version(alone)
    assert shown["summary"]["version"] == alone
    assert shown["summary"]["champion"] is True
    assert shown["card"].startswith("# ")
    with pytest.raises(ApiError, match="There is no version"):
        show_version("diamonds-xgboost:none")


def test_the_champions_model_lists_it(alone: str) -> None:
    model = show_model("xgboost")
    assert model["champion"] is True
    assert [each["version"] for each in model["versions"]] == [alone]
    summaries = {each["name"]: each["versions"] for each in list_models()["models"]}
    assert {name for name, count in summaries.items() if count} == {"xgboost"}
    assert list_promotions()["previous"] is None


def test_another_model_is_refused_with_what_can_be_done_here(alone: str) -> None:
    error = unknown_model("linear")
    assert str(error) == f"Only {alone} is here, without other models; leave `model` out."
