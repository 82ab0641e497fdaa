"""The processes in which models are trained end with the one that started them."""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from diamonds.training.processes import EnvironmentNow, begin_with, copies_with
from tests.processes import training_processes, wait_until

ENVIRONMENT: tuple[Any] = (EnvironmentNow(),)
"""As the flow's runner of tasks passes it, which is made before the environment of a run is known."""


def test_processes_that_train_end_when_the_command_is_killed(few_stones: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "diamonds", "train", "--data", str(few_stones), "--trials", "500"]
    models = ["--model", "linear", "--model", "xgboost"]
    environment = {**os.environ, "BENTOML_HOME": str(tmp_path / "bentoml")}
    with (
        (tmp_path / "output").open("wb") as output,
        subprocess.Popen([*command, *models], env=environment, stdout=output, stderr=output) as killed,
    ):
        started = wait_until(
            lambda: copies_for(killed.pid), details=lambda: (tmp_path / "output").read_text(), within_s=120
        )
        killed.kill()
    _, left = psutil.wait_procs(started, timeout=60)
    assert left == []


def test_a_process_that_trains_has_the_environment_in_which_it_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIAMONDS_DATA", "before.csv")
    before = _in_a_copy()
    monkeypatch.delenv("DIAMONDS_DATA")
    after = _in_a_copy()

    assert [before, after] == ["before.csv", None]


def _in_a_copy() -> str | None:
    """The data that a process finds configured."""
    with ProcessPoolExecutor(1, copies_with(), begin_with, ENVIRONMENT) as pool:
        return pool.submit(os.getenv, "DIAMONDS_DATA").result()


def copies_for(command: int) -> list[psutil.Process]:
    """All processes, once what keeps the trials and the first that trains have been copied."""
    processes = training_processes(command)
    return processes if len(processes) > 2 else []
