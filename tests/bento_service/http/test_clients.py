"""The programs that people call the service with get its answers, whatever they add to a request."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from urllib.error import HTTPError

import httpx
import pytest
import requests

from tests.bento_service.conftest import STONE
from tests.bento_service.http.test_app import JSON, assert_error
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running

BODY = json.dumps(STONE).encode()
TOO_MUCH = bytes(200_000_000)
SENDS = """
const [url, size] = process.argv.slice(1);
const stone = `{"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}`;
const body = size === "0" ? stone : new Uint8Array(+size);
const response = await fetch(url, {method: "POST", headers: {"content-type": "application/json"}, body});
console.log(response.status);
"""
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")


def by_curl(*options: str) -> Callable[[str, bytes], int]:
    def post(url: str, body: bytes) -> int:
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *options, url]
        command += ["-H", "content-type: application/json", "--data-binary", "@-"]
        return int(subprocess.run(command, input=body, capture_output=True, check=True).stdout)

    return post


def by_urllib(url: str, body: bytes) -> int:
    request = urllib.request.Request(url, body, JSON)  # noqa: S310 - it is ours
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return int(response.status)
    except HTTPError as error:
        return error.code


def by_requests(url: str, body: bytes) -> int:
    return requests.post(url, body, headers=JSON, timeout=60).status_code


def by_node(url: str, body: bytes) -> int:
    size = 0 if body == BODY else len(body)
    command = ["node", "--input-type=module", "-e", SENDS, url, str(size)]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)


CLIENTS = [
    pytest.param(by_curl(), id="curl"),
    pytest.param(by_curl("--http2"), id="curl that asks for HTTP/2"),
    pytest.param(by_curl("--http1.0"), id="curl of old"),
    pytest.param(by_curl("-H", "Transfer-Encoding: chunked"), id="curl in chunks"),
    pytest.param(by_curl("-H", "Expect: 100-continue"), id="curl that waits"),
    pytest.param(by_urllib, id="urllib"),
    pytest.param(by_requests, id="requests"),
    pytest.param(by_node, id="Node", marks=needs_node),
]


@pytest.mark.parametrize("post", CLIENTS)
def test_a_client_gets_its_quote(service: Running, post: Callable[[str, bytes], int]) -> None:
    assert post(f"{service.url}/predict", BODY) == 200


@pytest.mark.parametrize("post", CLIENTS)
def test_a_client_that_sends_too_much_learns_it(service: Running, post: Callable[[str, bytes], int]) -> None:
    assert post(f"{service.url}/predict", TOO_MUCH) == 413


PAGES = ("/", "/docs", "/docs.json", "/livez", "/readyz", "/healthz", "/metrics", "/schema.json")
READS = ("/models", "/models/linear", "/grades", "/promotions", "/exchanges", "/keys", "/datasets/none")


@pytest.mark.parametrize("path", PAGES + READS + ("/static_content/swagger-ui.css", "/predict", "/nothing"))
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.content == b""


def test_options_of_the_whole_service_are_its_methods(service: Running) -> None:
    command = ["curl", "-s", "-i", "-X", "OPTIONS", "--request-target", "*", service.url]
    answer = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert answer.startswith("HTTP/1.1 204 ")
    assert "\r\nallow: GET, POST\r\n" in answer


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/healthz"])
def test_health_can_only_be_read(client: httpx.Client, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert_error(answer, "method_not_allowed", f"Got POST {path}; expected GET.")


@pytest.mark.parametrize("path", ["/predict/", "//predict", "/predict//"])
def test_a_path_with_a_slash_too_many_is_a_404_that_names_the_right_one(
    service: Running, client: httpx.Client, path: str
) -> None:
    answer = client.post(f"{service.url}{path}", json=STONE)
    assert answer.status_code == 404
    assert_error(answer, "not_found", "did you mean /predict?")


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        (
            "POST",
            "/predict?model=linear",
            "There is no query parameter `model` here; send it as a field of the body",
        ),
        (
            "POST",
            "/predict_batch?model=linear",
            "no query parameter `model` here; send it as a field of the body",
        ),
        ("POST", "/predict?Carat=1", "no query parameter `Carat` here; send it as a field of the body"),
        ("POST", "/similar?n=3", "no query parameter `n` here; send it as a field of the body"),
        ("GET", "/models?model=linear", "no query parameter `model` here; this call takes none"),
        ("GET", "/models/linear?limit=1", "no query parameter `limit` here; this call takes none"),
        ("GET", "/grades?modell=linear", "did you mean `model`?"),
    ],
)
def test_a_query_parameter_that_would_be_overlooked_is_refused_by_name(
    client: httpx.Client, method: str, path: str, message: str
) -> None:
    answer = client.request(method, path, json=STONE)
    assert answer.status_code == 400
    assert_error(answer, "invalid_input", message)
    assert recorded(answer.headers["X-Exchange-Id"]).status == 400


@pytest.mark.parametrize("path", ["/readyz?probe=1", "/models?utm_source=mail", "/promotions?_=1700000000"])
def test_a_query_parameter_that_means_nothing_is_let_pass(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_a_byte_order_mark_before_json_is_read_over(client: httpx.Client) -> None:
    assert client.post("/predict", content=b"\xef\xbb\xbf" + BODY, headers=JSON).status_code == 200
    twice = client.post("/predict", content=b"\xef\xbb\xbf" * 100_000 + BODY, headers=JSON)
    assert twice.status_code == 400


def test_an_exchange_id_that_comes_twice_is_refused(client: httpx.Client) -> None:
    ids = ["0199e5c2-0000-7000-8000-000000000001", "0199e5c2-0000-7000-8000-000000000002"]
    answer = client.post("/predict", json=STONE, headers=[("X-Exchange-Id", each) for each in ids])
    assert answer.status_code == 400
    assert_error(answer, "invalid_input", ", ".join(ids)[:20])
