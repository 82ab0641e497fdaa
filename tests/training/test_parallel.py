"""The processes in which models are trained end with the one that started them."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from tests.processes import training_processes, wait_until


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


def copies_for(command: int) -> list[psutil.Process]:
    """All processes, once what keeps the trials and the first that trains have been copied."""
    processes = training_processes(command)
    return processes if len(processes) > 2 else []
