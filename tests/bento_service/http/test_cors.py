"""What pages of other origins can do, tried by a real browser, and what those on the list can."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE
from tests.bento_service.serving import Running, worker_serving
from tests.browser import chromium
from tests.processes import free_port

JSON, BYTES = "application/json", "application/octet-stream"
CALL = """
async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        return {
            status: response.status,
            type: response.type,
            body: await response.text(),
            id: response.headers.get("x-exchange-id"),
        };
    } catch (error) {
        return {error: String(error)};
    }
}
"""
POST_IN_FORM = """
async ([url, body]) => {
    const frame = Object.assign(document.createElement("iframe"), {name: "target"});
    document.body.appendChild(frame);
    const form = Object.assign(document.createElement("form"),
        {method: "POST", action: url, target: "target", enctype: "text/plain"});
    form.appendChild(Object.assign(document.createElement("input"), {name: body.slice(0, -1), value: '"}'}));
    document.body.appendChild(form);
    const loaded = new Promise(resolve => frame.addEventListener("load", resolve));
    form.submit();
    await Promise.race([loaded, new Promise(resolve => setTimeout(resolve, 5000))]);
}
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def page_at(browser: Browser, port: int, folder: Path) -> Iterator[Page]:
    """A page that a site on this port sends."""
    (folder / "index.html").write_text("<!doctype html><title>a shop</title><body></body>")
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/index.html")
    yield page
    context.close()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def listed_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def shop(service: Running, listed_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service, which pages of one other origin may call."""
    environment = {"DIAMONDS_CORS_ORIGINS": f"http://127.0.0.1:{listed_port}"}
    log = tmp_path_factory.mktemp("shop") / "log"
    with worker_serving(log, environment=environment, until="/readyz") as running:
        yield running


@pytest.fixture(scope="module")
def listed(browser: Browser, listed_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with page_at(browser, listed_port, tmp_path_factory.mktemp("listed")) as page:
        yield page


@pytest.fixture(scope="module")
def foreign(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with page_at(browser, free_port(), tmp_path_factory.mktemp("foreign")) as page:
        yield page


def fetch(page: Page, url: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate(CALL, [url, options])
    return answer


def promotions(running: Running) -> Any:
    with running.client() as client:
        return client.get("/promotions").json()


def body_of(path: str, linear: Version) -> str:
    bodies = {
        "/predict": httpx.Request("POST", "http://x", json=STONE).content.decode(),
        "/promotions": f'{{"version": "{linear.tag}", "force": true}}',
        "/version_files": "no archive",
    }
    return bodies[path]


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
@pytest.mark.parametrize("content_type", [JSON, "text/plain", BYTES, None])
@pytest.mark.parametrize("path", ["/predict", "/promotions", "/version_files"])
def test_a_page_of_another_origin_neither_quotes_nor_changes_anything(
    shop: Running, foreign: Page, linear: Version, path: str, content_type: str | None, mode: str
) -> None:
    before = promotions(shop)
    headers = {"content-type": content_type} if content_type else {}
    headers |= {"authorization": f"Bearer {shop.key}"} if mode == "cors" else {}
    answer = fetch(
        foreign, shop.url + path, method="POST", headers=headers, mode=mode, body=body_of(path, linear)
    )
    assert "error" in answer or (answer["type"], answer["body"]) == ("opaque", "")
    assert promotions(shop) == before


def test_a_form_of_another_origin_promotes_nothing(shop: Running, foreign: Page, linear: Version) -> None:
    before = promotions(shop)
    foreign.evaluate(
        POST_IN_FORM, [f"{shop.url}/promotions", f'{{"version": "{linear.tag}", "force": true}}']
    )
    assert promotions(shop) == before


@pytest.mark.parametrize("path", ["/exchanges", "/models", "/metrics", "/docs.json"])
def test_a_page_of_another_origin_reads_nothing(shop: Running, foreign: Page, path: str) -> None:
    assert "error" in fetch(foreign, shop.url + path)
    assert "error" in fetch(foreign, shop.url + path, headers={"authorization": f"Bearer {shop.key}"})


def test_a_page_on_the_list_quotes_and_reads_the_id_of_the_exchange(
    shop: Running, listed: Page, linear: Version
) -> None:
    headers = {"content-type": JSON}
    body = body_of("/predict", linear)
    answer = fetch(listed, f"{shop.url}/predict", method="POST", headers=headers, body=body)
    assert answer["status"] == 200
    assert '"price"' in answer["body"]
    assert answer["id"]


def test_a_page_on_the_list_reads_and_promotes_with_a_key_and_sees_why_not_without(
    shop: Running, listed: Page, linear: Version
) -> None:
    headers = {"content-type": JSON, "authorization": f"Bearer {shop.key}"}
    body = body_of("/promotions", linear).replace(linear.tag, "diamonds-linear:none")
    promoted = fetch(listed, f"{shop.url}/promotions", method="POST", headers=headers, body=body)
    assert (promoted["status"], "unknown_version" in promoted["body"]) == (404, True)
    assert fetch(listed, f"{shop.url}/exchanges", headers=headers)["status"] == 200
    refused = fetch(listed, f"{shop.url}/exchanges")
    assert (refused["status"], "no_key" in refused["body"]) == (401, True)


def test_no_page_of_another_origin_shows_the_service_in_a_frame(shop: Running, foreign: Page) -> None:
    foreign.set_content(f'<iframe src="{shop.url}/docs"></iframe>')
    frame = foreign.frames[-1]
    foreign.wait_for_timeout(500)
    assert "swagger" not in frame.content().lower()


def test_the_page_of_the_docs_works_under_its_own_policy(shop: Running, browser: Browser) -> None:
    context = browser.new_context()
    page, problems = context.new_page(), []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    answer = page.goto(f"{shop.url}/docs")
    page.get_by_text("Price one diamond").first.wait_for()
    page.get_by_text("Price one diamond").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".responses-table.live-responses-table").wait_for()
    status = page.locator(".live-responses-table .response-col_status").nth(1).inner_text()
    context.close()
    assert answer is not None
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert status.startswith("200")
    assert problems == []


@pytest.mark.parametrize(
    "path", ["/models", "/docs", "/livez", "/nothing", "/exchanges", "/static_content/swagger-ui.css"]
)
def test_each_answer_has_the_headers_of_security_once(shop: Running, path: str) -> None:
    with shop.stranger() as client:
        headers = client.get(path).headers
    for name, value in {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
    }.items():
        assert headers.get_list(name) == [value]


def preflight(running: Running, origin: str, path: str = "/predict", method: str = "POST") -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
    }
    with running.stranger() as client:
        return client.options(path, headers=headers)


@pytest.mark.parametrize("path", ["/predict", "/exchanges", "/promotions", "/nothing"])
def test_a_preflight_of_a_listed_origin_is_answered_without_a_key(
    shop: Running, listed_port: int, path: str
) -> None:
    answer = preflight(shop, f"http://127.0.0.1:{listed_port}", path)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == f"http://127.0.0.1:{listed_port}"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:1"])
def test_a_preflight_of_any_other_origin_is_refused(shop: Running, service: Running, origin: str) -> None:
    for running in (shop, service):
        answer = preflight(running, origin)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
        assert "Access-Control-Allow-Origin" not in answer.headers
