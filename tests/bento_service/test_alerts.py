"""Alerts and the dashboard ask for metrics and labels that the service has."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from diamonds.settings import PROJECT
from tests.bento_service.conftest import STONE
from tests.bento_service.serving import Running
from tests.processes import wait_until

FOLDER = PROJECT / "deploy" / "monitoring"
(GROUP,) = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
ALERTS = GROUP["rules"]
PANELS = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in ALERTS} | {
    f"{panel['title']} {target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]
}
METRIC = re.compile(r"\b(?:bentoml|diamonds)_[a-z_]+")
LABELS = re.compile(r"by \(([a-z_, ]+)\)|\{([a-z_]+)=")


@pytest.fixture(scope="module")
def exposed(service_metrics: str) -> dict[str, set[str]]:
    """The names of all series, with those of their labels."""
    series: dict[str, set[str]] = {}
    for line in service_metrics.splitlines():
        if not line.startswith("#"):
            name, _, rest = line.partition("{")
            labels = re.findall(r'([a-z_]+)="', rest)
            series.setdefault(name.split()[0], set()).update(labels)
    return series


@pytest.fixture(scope="module")
def service_metrics(service: Running) -> str:
    """The metrics of a service that has recorded and shipped a quote."""
    with service.client() as client:
        client.post("/predict", json=STONE)
        wait_until(lambda: "diamonds_exchanges_shipped_total" in client.get("/metrics").text)
        wait_until(lambda: "diamonds_disk_free_bytes" in client.get("/metrics").text)
        return client.get("/metrics").text


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_asks_for_what_there_is(expression: str, exposed: dict[str, set[str]]) -> None:
    metrics = METRIC.findall(expression)
    assert metrics
    for metric in metrics:
        assert metric in exposed, f"{metric} is not on /metrics"
    labels = [label for groups in LABELS.findall(expression) for each in groups for label in each.split(", ")]
    assert set(labels) - {""} <= set.union(*(exposed[metric] for metric in metrics))


@pytest.mark.skipif(shutil.which("promtool") is None, reason="there is no promtool here")
def test_prometheus_understands_the_alerts() -> None:
    checked = subprocess.run(
        ["promtool", "check", "rules", str(FOLDER / "alerts.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_says_what_it_means() -> None:
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in ALERTS)
