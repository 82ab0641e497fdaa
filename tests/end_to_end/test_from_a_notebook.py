"""The walk of docs/from-a-notebook.md in a copy of the project: its cells, files and commands as written."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from diamonds.settings import PROJECT
from tests.bento_service.serving import serving

pytestmark = pytest.mark.slow

PAGE = (PROJECT / "docs" / "from-a-notebook.md").read_text()
BLOCKS: list[tuple[str, str, str]] = re.findall(
    r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', PAGE, flags=re.DOTALL | re.MULTILINE
)
CELLS = [code for language, title, code in BLOCKS if language == "python" and not title]
FILES = {title: code for _, title, code in BLOCKS if title}
(PATCH,) = (code for language, _, code in BLOCKS if language == "diff")
PROMISES, TRAINING, PROMOTION, QUOTE = (code for language, _, code in BLOCKS if language == "bash")


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the project, with a model store of its own."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str, text: str | None = None) -> str:
        """What the command prints, errors included; fails if the command fails."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self.environment},
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def shell(self, commands: str) -> str:
        return self.run("bash", "-ec", commands)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, few_stones: Path) -> Copy:
    """The project with the page's file and patch in it, where a linear model is the champion."""
    folder, home = tmp_path_factory.mktemp("walk") / "project", tmp_path_factory.mktemp("bentoml")
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    (home / "models").mkdir()
    programs = Path(sys.executable).parent
    copy = Copy(
        folder,
        {
            "PYTHONPATH": str(folder),
            "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
            "BENTOML_HOME": str(home),
            "DIAMONDS_DATA": str(few_stones),
        },
    )
    copy.run("diamonds", "train", "--model", "linear")
    for name, code in FILES.items():
        (folder / name).write_text(code)
    copy.run("git", "apply", "-", text=PATCH)
    return copy


@pytest.fixture(scope="module")
def trained(copy: Copy) -> Sequence[str]:
    """What the page's commands printed when they trained the model and promoted it."""
    return copy.shell(TRAINING), copy.shell(PROMOTION)


def test_the_notebook_runs_from_its_first_cell_to_its_last(copy: Copy) -> None:
    printed = copy.run(sys.executable, "-", text="\n".join(CELLS))

    assert re.findall(r"MAE (\d+) USD", printed)
    *_, trusted = printed.splitlines()
    assert trusted.partition(" ")[2] == "['sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor']"


def test_the_model_keeps_the_promises_of_every_model(copy: Copy) -> None:
    printed = copy.shell(PROMISES)

    assert re.search(r"^\d+ passed, \d+ deselected", printed, flags=re.MULTILINE), printed


def test_the_code_of_the_page_is_formatted_as_that_of_the_project(copy: Copy) -> None:
    copy.run("ruff", "format", "--check", *FILES)


def test_the_model_is_trained_meets_the_champion_and_is_promoted(trained: Sequence[str]) -> None:
    training, promotion = (" ".join(printed.split()) for printed in trained)

    assert re.search(
        r"diamonds-histogram:\w+ \(MAE .* and diamonds-linear:\w+ \(MAE .* were compared on", training
    )
    assert "is promoted by hand" in promotion


def test_the_model_quotes_by_its_name(copy: Copy, trained: Sequence[str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(log, folder=copy.folder, environment=copy.environment, until="/readyz") as running:
        quote = json.loads(copy.shell(QUOTE.replace("http://127.0.0.1:3000", running.url)))

    assert quote["model"] == "histogram"
    assert quote["version"].startswith("diamonds-histogram:")
    assert 0 < quote["low"] <= quote["price"] <= quote["high"]
