"""What stands between a request and our code is what we want there, and no more."""

import json
import os
import subprocess
import sys

import pytest

from diamonds.settings import PROJECT

SHOW = """
from bento_service.service import DiamondService
print(*(each.cls.__name__ for each in DiamondService.to_asgi().user_middleware))
"""
OURS = "Recorder KeyRequired Replay Api ContextMiddleware"
LOG = """
import logging
from bentoml._internal.log import configure_server_logging
configure_server_logging()
import bento_service.service
logging.getLogger("bentoml.diamonds").warning("Quoting with %s", "it")
"""
EXPORTER = {"BENTOML_CONFIG_OVERRIDES": '{"services": {"tracing": {"exporter_type": "in_memory"}}}'}


@pytest.mark.parametrize(
    ("environment", "middleware"),
    [
        ({}, f"TrafficMetrics {OURS}"),
        ({"DIAMONDS_PATH_PREFIX": "/diamonds"}, f"BehindProxies TrafficMetrics {OURS}"),
        ({"DIAMONDS_TRUSTED_PROXIES": "10.0.0.0/8"}, f"BehindProxies TrafficMetrics {OURS}"),
        (EXPORTER, f"TrafficMetrics OpenTelemetryMiddleware {OURS}"),
    ],
    ids=["plain", "below a path", "behind a proxy", "with an exporter"],
)
def test_the_middleware_is(environment: dict[str, str], middleware: str) -> None:
    assert output_of(SHOW, environment) == middleware


def output_of(code: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", code]
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_log_may_be_json() -> None:
    line = json.loads(output_of(LOG, {"DIAMONDS_LOG_FORMAT": "json"}).splitlines()[-1])
    assert (line["level"], line["message"]) == ("WARNING", "Quoting with it")
    assert line["time"].endswith("+0000")
