"""Starts a stack of its own for a simulated market, whose days last some seconds."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diamonds.prefect_api import runs
from diamonds.prefect_api.requests import PrefectDown, PrefectRefused
from diamonds.settings import settings
from diamonds.stack.addresses import address_of
from diamonds.stack.announcement import is_up

MODELS = ["linear", "xgboost"]
"""The models that alarms have trained: those of the first training, which takes seconds."""
_READY_SECONDS = 600.0
_STOP_SECONDS = 60.0


class NotStarted(RuntimeError):
    """The stack did not begin to quote; the message has the end of its output."""


@contextmanager
def own_stack(home: Path, data: Path, day_seconds: float) -> Iterator[None]:
    """Runs ``diamonds run`` in ``home`` on the market's data, once it quotes and alarms can start trainings.

    This process's settings are those of the stack. Raises ``NotStarted``.
    """
    os.environ.update(_variables(home, data, day_seconds))
    settings.cache_clear()
    log = home / "stack.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "diamonds", "run"], stdout=output, stderr=output, stdin=subprocess.DEVNULL
        ) as stack,
    ):
        try:
            _wait_until_ready(stack, log)
            yield
        finally:
            stack.terminate()
            stack.wait(_STOP_SECONDS)


def _variables(home: Path, data: Path, day_seconds: float) -> dict[str, str]:
    """The environment of the stack: ports that are free, and a day's settings as so many seconds."""
    hours = day_seconds / 3600
    ports = {f"DIAMONDS_{part}_PORT": str(_free_port()) for part in ("SERVICE", "DASHBOARD", "PREFECT")}
    return {
        **ports,
        "DIAMONDS_HOME": str(home / "diamonds"),
        "BENTOML_HOME": str(home / "bentoml"),
        "PREFECT_HOME": str(home / "prefect"),
        "DIAMONDS_DATA": str(data),
        "DIAMONDS_DATA_FOLDERS": json.dumps([str(home)]),
        "DIAMONDS_TRAIN_ON_SALES": "true",
        "DIAMONDS_MONITOR_WINDOW_HOURS": f"{hours:.6f}",
        "DIAMONDS_RETRAIN_COOLDOWN_HOURS": f"{hours:.6f}",
    }


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_until_ready(stack: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns once prices are quoted, trainings are deployed, and none but those of alarms waits."""
    deadline = time.monotonic() + _READY_SECONDS
    while stack.poll() is None and time.monotonic() < deadline:
        if is_up(address_of("service"), "/readyz") and _is_deployed():
            return
        time.sleep(0.5)
    raise NotStarted(f"The stack did not start to quote:\n{log.read_text(errors='replace')[-2000:]}")


def _is_deployed() -> bool:
    """Whether the flows are deployed, and no other models than those of the first training are trained."""
    try:
        if not runs.cancel_first_training():
            return False
        runs.train_by_alarms(MODELS, trials=1)
        return True
    except (PrefectDown, PrefectRefused):
        return False
