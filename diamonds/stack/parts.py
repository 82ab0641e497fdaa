"""The parts of ``diamonds run``: which processes it keeps running, by which commands."""

import os
import socket
import sys
from collections.abc import Sequence

from diamonds.settings import settings
from diamonds.stack import prefect
from diamonds.stack.addresses import address_of
from diamonds.stack.environment import DASHBOARD, PREFECT, SCHEDULES, SERVICE, TRAINING, environment
from diamonds.stack.part import Part

FIRST_MODELS = ("linear", "xgboost")
"""The models that are trained before prices are quoted: a safe one, and a good one that takes seconds."""

_MODULE = (sys.executable, "-m")


def parts(sockets: Sequence[socket.socket]) -> list[Part]:
    """All parts, what users wait for first; ``sockets`` are those of the service."""
    return [*service(sockets), dashboard(), *([server()] if prefect.is_own_server() else []), schedules()]


def service(sockets: Sequence[socket.socket]) -> list[Part]:
    """The workers of the service; where BentoML is configured otherwise, ``bentoml serve``."""
    chosen = settings()
    stop_seconds = chosen.shutdown_seconds + 5  # it needs some to flush, after the requests in flight
    if "BENTOML_CONFIG" in os.environ or "BENTOML_CONFIG_OPTIONS" in os.environ:
        for each in sockets:
            each.close()
        at = ("--host", chosen.host, "--port", str(chosen.service_port))
        command = (*_MODULE, "bentoml", "serve", ".", *at)
        return [Part(SERVICE, command, environment(SERVICE), stop_seconds=stop_seconds)]
    files = ",".join(str(each.fileno()) for each in sockets)
    return [
        Part(
            SERVICE if chosen.service_workers == 1 else f"{SERVICE}-{number}",
            (*_MODULE, "bento_service.worker", files, str(number)),
            environment(SERVICE),
            tuple(sockets),
            stop_seconds=stop_seconds,
        )
        for number in range(1, chosen.service_workers + 1)
    ]


def dashboard() -> Part:
    """The dashboard."""
    at = address_of("dashboard")
    options = ("--server.address", at.host, "--server.port", str(at.port))
    command = (*_MODULE, "streamlit", "run", "dashboard/app.py", *options)
    return Part(DASHBOARD, command, environment(DASHBOARD), discards_output=True, starts_later=True)


def server() -> Part:
    """Prefect's server."""
    at = address_of("prefect")
    options = ("--host", at.host, "--port", str(at.port), "--log-level", "WARNING")
    command = (*_MODULE, "prefect", "server", "start", *options)
    return Part(PREFECT, command, environment(PREFECT), discards_output=True, ends_last=True)


def database_of_prefect() -> tuple[str, ...]:
    """The command that makes or migrates the database of Prefect's server."""
    return (*_MODULE, "prefect", "server", "database", "upgrade", "--yes")


def check_of_champion() -> Part:
    """What trains a first champion, once prices would be quoted, where all that there was is damaged."""
    return Part(TRAINING, first_training(), environment(TRAINING), starts_later=True, runs_once=True)


def first_training() -> tuple[str, ...]:
    """The command that trains the models that quote first, unless there is a champion.

    The known good parameters only: the schedules search deeper while prices are already quoted.
    """
    models = [option for name in FIRST_MODELS for option in ("--model", name)]
    return (*_MODULE, "diamonds", "train", "--if-no-champion", "--trials", "1", *models)


def schedules() -> Part:
    """What deploys the schedules to Prefect and runs what is due."""
    command = (*_MODULE, "flows.schedules", "--first-training")
    # Prefect's worker may sleep until it looks for runs again, before it notices that it is to end.
    return Part(SCHEDULES, command, environment(SCHEDULES), starts_later=True, stop_seconds=0.5)
