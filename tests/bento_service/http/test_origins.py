"""No page of another site can make a visitor's browser change anything."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE
from tests.processes import wait_until

JSON, BYTES = "application/json", "application/octet-stream"
PATHS = ("/promotions", "/promotions/rollback", "/version_files", "/feedback", "/predict")
Headers = list[tuple[str, str]]

FOREIGN: dict[str, Headers] = {
    "another host": [("Origin", "http://evil.example")],
    "the same host by another port": [("Origin", "http://127.0.0.1:1")],
    "the port of the scheme": [("Origin", "http://127.0.0.1")],
    "another name of the host": [("Origin", "http://localhost:{port}")],
    "a host that begins the same": [("Origin", "http://127.0.0.1.evil.example:{port}")],
    "the own host as a user": [("Origin", "http://127.0.0.1:{port}@evil.example")],
    "a path": [("Origin", "http://127.0.0.1:{port}/")],
    "null": [("Origin", "null")],
    "nothing": [("Origin", "")],
    "no scheme": [("Origin", "127.0.0.1:{port}")],
    "another scheme": [("Origin", "chrome-extension://127.0.0.1:{port}")],
    "a port that is none": [("Origin", "http://127.0.0.1:port")],
    "two origins": [("Origin", "http://127.0.0.1:{port}"), ("Origin", "http://evil.example")],
    "the own origin twice": [("Origin", "http://127.0.0.1:{port}"), ("Origin", "http://127.0.0.1:{port}")],
    "two origins in one": [("Origin", "http://127.0.0.1:{port} http://evil.example")],
    "another site": [("Sec-Fetch-Site", "cross-site")],
    "another port of the site": [("Sec-Fetch-Site", "same-site")],
    "another host, but the same site": [
        ("Origin", "http://evil.example"),
        ("Sec-Fetch-Site", "same-origin"),
    ],
}
OWN: dict[str, Headers] = {
    "the own origin": [("Origin", "http://127.0.0.1:{port}")],
    "the own origin, as browsers send it": [
        ("Origin", "http://127.0.0.1:{port}"),
        ("Sec-Fetch-Site", "same-origin"),
    ],
    "in capitals": [("Origin", "HTTP://LOCALHOST:{port}"), ("Host", "localhost:{port}")],
    "an address that was typed": [("Sec-Fetch-Site", "none")],
    "a port left out of the host": [("Origin", "http://stones.example:80"), ("Host", "stones.example")],
    "a port left out of the origin": [("Origin", "http://stones.example"), ("Host", "stones.example:80")],
    "behind a proxy that ends TLS": [("Origin", "https://stones.example"), ("Host", "stones.example")],
    "a port of TLS": [("Origin", "https://stones.example"), ("Host", "stones.example:443")],
    "IPv6": [("Origin", "http://[::1]:{port}"), ("Host", "[::1]:{port}")],
}
WRONG_TYPES: dict[str, list[str]] = {
    "none": [],
    "empty": [""],
    "text": ["text/plain"],
    "text that mentions it": ["text/plain; application/json; application/octet-stream"],
    "a form": ["application/x-www-form-urlencoded"],
    "a form with files": ["multipart/form-data; boundary=x"],
    "a list": ["application/json, text/plain"],
    "another first": ["text/plain", "application/json"],
    "another last": ["application/json", "text/plain"],
    "twice": ["application/json", "application/json"],
    "parameters only": ["; charset=utf-8"],
}


@pytest.fixture
def contents(xgboost: Version, linear: Version) -> dict[str, tuple[str, bytes]]:
    """What each path would take: the content type, and a body that would change something where one can."""
    promotion = f'{{"version": "{linear.tag}", "force": true}}'.encode()
    feedback = f'{{"exchange_id": "{uuid4()}", "price": 2650}}'.encode()
    rollback, stone = f'{{"version": "{xgboost.tag}"}}'.encode(), str(STONE).replace("'", '"').encode()
    bodies = (promotion, rollback, b"no archive", feedback, stone)
    types = [BYTES if path == "/version_files" else JSON for path in PATHS]
    return dict(zip(PATHS, zip(types, bodies, strict=True), strict=True))


def state(client: httpx.Client) -> list[Any]:
    return [client.get(path).json() for path in ("/promotions", "/models/xgboost", "/models/linear")]


def on(client: httpx.Client, headers: Headers) -> Headers:
    """The headers with the service's own port."""
    return [(name, value.replace("{port}", str(client.base_url.port))) for name, value in headers]


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_page_of_another_site_changes_nothing(
    client: httpx.Client, contents: dict[str, tuple[str, bytes]], path: str, headers: Headers
) -> None:
    before, (content_type, body) = state(client), contents[path]
    sent = [*on(client, headers), ("Content-Type", content_type)]
    refused = client.post(path, content=body, headers=sent)
    assert error(refused) == (403, "foreign_origin")
    assert headers[0][0] in refused.json()["error"]["message"]
    assert state(client) == before


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("types", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_a_body_without_its_content_type_changes_nothing(
    client: httpx.Client, contents: dict[str, tuple[str, bytes]], path: str, types: list[str]
) -> None:
    before, (content_type, body) = state(client), contents[path]
    refused = client.post(path, content=body, headers=[("Content-Type", each) for each in types])
    assert error(refused) == (415, "unsupported_media_type")
    assert f"with the header `Content-Type: {content_type}`" in refused.json()["error"]["message"]
    assert state(client) == before


@pytest.mark.parametrize("path", PATHS)
def test_an_empty_body_needs_its_content_type_too(client: httpx.Client, path: str) -> None:
    assert error(client.post(path)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("headers", OWN.values(), ids=OWN)
def test_the_services_own_pages_are_answered(client: httpx.Client, headers: Headers) -> None:
    sent = [*on(client, headers), ("Content-Type", JSON)]
    assert client.post("/predict", json=STONE, headers=sent).status_code == 200


@pytest.mark.parametrize("path", PATHS[:-1])
def test_the_services_own_pages_reach_every_call(
    client: httpx.Client, contents: dict[str, tuple[str, bytes]], path: str
) -> None:
    content_type = contents[path][0]
    sent = [*on(client, OWN["the own origin"]), ("Content-Type", content_type)]
    assert client.post(path, content=b"{}", headers=sent).status_code == 400, (
        "Only the body stands against it."
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/docs", "/models", "/promotions"])
def test_reading_is_open_to_links_from_elsewhere(client: httpx.Client, method: str, path: str) -> None:
    headers = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert client.request(method, path, headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH"])
def test_any_method_but_reading_is_refused_to_other_sites(client: httpx.Client, method: str) -> None:
    refused = client.request(method, "/promotions", headers={"Origin": "http://evil.example"})
    assert error(refused) == (403, "foreign_origin")


def test_what_is_refused_to_another_site_is_recorded(client: httpx.Client) -> None:
    refused = client.post("/predict", json=STONE, headers={"Origin": "http://evil.example"})
    path = f"/exchanges/{refused.headers['X-Exchange-Id']}"
    wait_until(lambda: client.get(path).is_success)
    exchange = client.get(path).json()
    assert (exchange["status"], exchange["request_body"]) == (403, STONE)
    assert exchange["response_body"] == refused.json()


def test_a_stored_answer_is_not_given_to_another_site(client: httpx.Client) -> None:
    id_ = {"X-Exchange-Id": str(uuid4())}
    first = client.post("/predict", json=STONE, headers=id_)
    refused = client.post("/predict", json=STONE, headers={**id_, "Origin": "null"})
    assert error(refused) == (403, "foreign_origin")
    assert client.post("/predict", json=STONE, headers=id_).json() == first.json()
