"""What stands between a request and our code is what we want there, and no more."""

import json
import os
import subprocess
import sys

import pytest

from diamonds.settings import PROJECT

SHOW = """
import json, os, sys
from bento_service.service import DiamondService
from diamonds.settings import settings
for variables in map(json.loads, sys.argv[1:]):
    os.environ |= variables
    settings.cache_clear()
    print(*(each.cls.__name__ for each in DiamondService.to_asgi().user_middleware))
    for name in variables:
        del os.environ[name]
"""
SETTINGS: list[dict[str, str]] = [
    {},
    {"DIAMONDS_PATH_PREFIX": "/diamonds"},
    {"DIAMONDS_TRUSTED_PROXIES": "10.0.0.0/8"},
]
OURS = "Recorder KeyRequired Replay Api ContextMiddleware"
LOG = """
import logging
from bentoml._internal.log import configure_server_logging
configure_server_logging()
import bento_service.service
logging.getLogger("bentoml.diamonds").warning("Quoting with %s", "it")
"""
EXPORTER = {"BENTOML_CONFIG_OVERRIDES": '{"services": {"tracing": {"exporter_type": "in_memory"}}}'}


@pytest.fixture(scope="module")
def middlewares() -> list[str]:
    """Those of each of the settings, which one process has after one another."""
    return output_of(SHOW, {}, *map(json.dumps, SETTINGS)).splitlines()


@pytest.mark.parametrize(
    ("place", "middleware"),
    [
        (0, f"TrafficMetrics {OURS}"),
        (1, f"BehindProxies TrafficMetrics {OURS}"),
        (2, f"BehindProxies TrafficMetrics {OURS}"),
    ],
    ids=["plain", "below a path", "behind a proxy"],
)
def test_the_middleware_is(middlewares: list[str], place: int, middleware: str) -> None:
    assert middlewares[place] == middleware


def test_with_an_exporter_there_is_tracing_too() -> None:
    assert output_of(SHOW, EXPORTER, "{}") == f"TrafficMetrics OpenTelemetryMiddleware {OURS}"


def output_of(code: str, environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_log_may_be_json() -> None:
    line = json.loads(output_of(LOG, {"DIAMONDS_LOG_FORMAT": "json"}).splitlines()[-1])
    assert (line["level"], line["message"]) == ("WARNING", "Quoting with it")
    assert line["time"].endswith("+0000")
