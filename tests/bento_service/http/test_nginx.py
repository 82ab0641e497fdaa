"""Behind a real nginx, which keeps its connections open and publishes the service below a path."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.bento_service.conftest import STONE
from tests.bento_service.nginx import behind_nginx, needs_nginx
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running

pytestmark = needs_nginx

LONGER_THAN_BENTOML_S = 5.5
"""As long as a connection is idle here; by default BentoML closes it after 5 s."""


@pytest.fixture(scope="module")
def nginx(service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of an nginx in front of the service."""
    with (
        behind_nginx(service.url, tmp_path_factory.mktemp("nginx")) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


def test_connections_that_were_idle_for_a_while_serve_on(nginx: httpx.Client) -> None:
    answers = [nginx.post("/predict", json=STONE) for _ in range(3)]
    time.sleep(LONGER_THAN_BENTOML_S)
    answers += [nginx.post("/predict", json=STONE) for _ in range(20)]
    assert [answer.status_code for answer in answers] == [200] * 23
    ids = {answer.headers["X-Exchange-Id"] for answer in answers}
    assert [recorded(each).status for each in ids] == [200] * 23


def test_too_large_a_body_is_refused_by_the_service_itself(nginx: httpx.Client) -> None:
    answer = nginx.post("/predict", content=bytes(30_000_000), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_below_a_path_all_links_lead_to_the_service(nginx: httpx.Client) -> None:
    page = nginx.get("/diamonds/docs").text
    assert "url: './docs.json'" in page
    assert nginx.get("/diamonds/docs.json").json()["servers"] == [{"url": "."}]
    assert nginx.post("/diamonds/predict", json=STONE).status_code == 200
