"""Models are found by name, those of packages outside the project among them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from diamonds.models import REGISTRY, UnknownModel, spec_named
from diamonds.settings import PROJECT

OUTSIDE = Path(__file__).parent / "outside"


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(UnknownModel, match="Got model='marta'; expected one of linear, xgboost"):
        spec_named("marta")


def test_members_come_before_their_ensemble() -> None:
    names = list(REGISTRY)

    for name, spec in REGISTRY.items():
        assert all(names.index(member) < names.index(name) for member in spec.members)


def test_the_model_to_copy_from_is_in_the_documents_as_it_is() -> None:
    assert (OUTSIDE / "diamonds_median.py").read_text() in (PROJECT / "docs" / "models.md").read_text()


def test_an_installed_package_adds_a_model_that_trains_and_quotes(few_stones: Path, tmp_path: Path) -> None:
    source, site = shutil.copytree(OUTSIDE, tmp_path / "source"), tmp_path / "site"
    install = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", *install, str(source)], check=True)
    (tmp_path / "bentoml" / "models").mkdir(parents=True)
    homes = {"BENTOML_HOME": str(tmp_path / "bentoml"), "DIAMONDS_DATA": str(few_stones)}
    environment = {**os.environ, "PYTHONPATH": str(site), **homes}

    def diamonds(*arguments: str) -> str:
        command = [sys.executable, "-m", "diamonds", *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert "diamonds-median:" in diamonds("train", "--model", "median")
    grades = ["--cut", "ideal", "--color", "g", "--clarity", "vs2"]
    assert "USD" in diamonds("predict", "--carat", "0.7", *grades)
