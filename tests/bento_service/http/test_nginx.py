"""Behind a real nginx, which keeps its connections open and publishes the service below a path."""

import shutil
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.bento_service.conftest import STONE
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running
from tests.processes import free_port, process

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx here")

CONFIGURATION = """
daemon off;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/1; uwsgi_temp_path {folder}/2; scgi_temp_path {folder}/3;
    client_max_body_size 0;
    upstream diamonds {{ server 127.0.0.1:{service}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://diamonds;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_request_buffering off;
        }}
        location /diamonds/ {{
            proxy_pass http://diamonds/;
            proxy_set_header Host $host;
        }}
    }}
}}
"""
LONGER_THAN_BENTOML_S = 5.5
"""As long as a connection is idle here; by default BentoML closes it after 5 s."""


@pytest.fixture(scope="module")
def nginx(service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of an nginx in front of the service."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, service=service.url.rpartition(":")[2]))
    command = ["nginx", "-c", str(file), "-p", str(folder)]
    url = f"http://127.0.0.1:{port}"
    with (
        process(command, folder / "log", until=f"{url}/livez"),
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
