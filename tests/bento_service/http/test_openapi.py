"""The OpenAPI document is valid, describes everything, and tells the truth."""

import re
import subprocess
import sysconfig
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from openapi_spec_validator import validate

from bento_service.routes import ROUTES
from diamonds.exchanges.database.tables import exchanges
from tests.bento_service.serving import Running

# Cursors come from pages: strings made up at random are rightly refused.
CURSOR = urlsafe_b64encode(f"1700000000000000.{UUID(int=7).hex}".encode()).decode().rstrip("=")
# So are files of versions, data that no training may read, and for JSON the parameters of files.
# Trainings, also those on datasets, are 503 without Prefect. All other checks are made but of keys, which
# have tests of their own.
CONFIG = f"""
[checks]
ignored_auth.enabled = false

[parameters]
"query.cursor" = "{CURSOR}"

[[operations]]
include-name = "POST /version_files"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-name = "POST /predict_batch"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-path = "/trainings"
checks.positive_data_acceptance.enabled = false
checks.not_a_server_error.enabled = false

[[operations]]
include-name = "POST /datasets"
checks.positive_data_acceptance.enabled = false
checks.not_a_server_error.enabled = false

[[operations]]
include-path = "/trainings/{{training}}"
checks.not_a_server_error.enabled = false
"""
BENTOMLS = {("get", "/livez"), ("get", "/readyz"), ("get", "/metrics")}


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/docs.json").json()
    return described


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_it_describes_every_call(document: dict[str, Any]) -> None:
    routed = {(method.lower(), route.path) for route in ROUTES for method in route.methods or ()}
    described = {(method, path) for path, calls in document["paths"].items() for method in calls}
    assert described == routed | BENTOMLS


def test_an_exchange_has_the_tables_columns(document: dict[str, Any]) -> None:
    properties = document["components"]["schemas"]["ExchangeResponse"]["properties"]
    columns = [column.name for column in exchanges.columns]
    columns.remove("response_key_order")  # which only replays need
    assert list(properties) == columns


def test_every_field_of_a_stone_says_what_it_is(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["QuoteRequest"]["properties"]
    assert all(field["description"] for field in fields.values())


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_the_page_needs_no_other_host(client: httpx.Client, path: str) -> None:
    page = client.get(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "//" not in page.text.replace("<!DOCTYPE", "")
    for asset in re.findall(r'(?:src|href)="\.(/[^"]+)"', page.text):
        assert client.get(asset).status_code == 200


@pytest.mark.usefixtures("champion_restored", "switches_resumed")
@pytest.mark.slow
def test_schemathesis_finds_nothing_in_2000_cases(service: Running, tmp_path: Path) -> None:
    schemathesis = Path(sysconfig.get_path("scripts")) / "schemathesis"
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    size = ["--max-examples", "50", "--seed", "1", "--no-color", "--suppress-health-check", "all"]
    key = ["--header", f"Authorization: Bearer {service.key}"]
    found = subprocess.run(
        [str(schemathesis), "--config-file", str(config), "run", f"{service.url}/docs.json", *size, *key],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert found.returncode == 0, found.stdout
    (cases,) = re.findall(r"(\d+) generated", found.stdout)
    assert int(cases) >= 2000
    assert "Traceback" not in service.log.read_text()
