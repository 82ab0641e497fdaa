"""What stands between a request and our code is what we want there, and no more."""

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
EXPORTER = {"BENTOML_CONFIG_OVERRIDES": '{"services": {"tracing": {"exporter_type": "in_memory"}}}'}


@pytest.mark.parametrize(
    ("environment", "middleware"),
    [
        ({}, f"TrafficMetrics {OURS}"),
        (EXPORTER, f"TrafficMetrics OpenTelemetryMiddleware {OURS}"),
    ],
    ids=["plain", "with an exporter"],
)
def test_the_middleware_is(environment: dict[str, str], middleware: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == middleware
