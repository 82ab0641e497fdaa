"""What proxies say counts where they are trusted, and the service may be below a path of theirs."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bento_service.http.app import Api
from bento_service.http.proxies import BehindProxies, public_prefix
from bento_service.routes import ROUTES
from diamonds.settings import InvalidSettings, settings

PROXY, OTHER = "10.0.0.7", "192.0.2.1"
FORWARDED = {
    "X-Forwarded-For": f"203.0.113.9, {PROXY}",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "stones.example, inner.example",
    "X-Forwarded-Prefix": "/shop/",
}


async def show(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    seen = {"client": scope["client"][0], "scheme": scope["scheme"], "path": scope["path"]}
    seen |= {"host": request.headers.getlist("host"), "prefix": public_prefix(scope)}
    await JSONResponse(seen)(scope, receive, send)


def get(
    path: str,
    *,
    client: str = OTHER,
    prefix: str = "",
    app: Any = show,
    lines: Any = (),
    **headers: str,
) -> httpx.Response:
    """The response to a client at this address, with 10.0.0.0/8 trusted."""
    behind = BehindProxies(app, trusted=("10.0.0.0/8",), prefix=prefix)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(behind, client=(client, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://inner:3000") as asking:
            return await asking.get(path, headers=[*headers.items(), *lines])

    return asyncio.run(ask())


def test_a_trusted_proxy_says_who_called_and_under_which_name() -> None:
    assert get("/models", client=PROXY, **FORWARDED).json() == {
        "client": "203.0.113.9",
        "scheme": "https",
        "path": "/models",
        "host": ["stones.example"],
        "prefix": "/shop",
    }


def test_a_header_of_each_proxy_is_read_as_one_list() -> None:
    values = {"X-Forwarded-For": (OTHER, PROXY), "X-Forwarded-Host": ("stones.example", "inner.example")}
    lines = [(name, value) for name, of_each in values.items() for value in of_each]
    seen = get("/models", client=PROXY, lines=lines).json()
    assert (seen["client"], seen["host"]) == (OTHER, ["stones.example"])


def test_of_others_the_connection_counts_alone() -> None:
    plain = {"client": OTHER, "scheme": "http", "path": "/models", "host": ["inner:3000"], "prefix": ""}
    assert get("/models", **FORWARDED).json() == plain


def test_addresses_that_a_client_puts_before_its_own_do_not_count() -> None:
    forged = get("/models", client=PROXY, **{"X-Forwarded-For": f"127.0.0.1, {OTHER}, {PROXY}"})
    assert forged.json()["client"] == OTHER


@pytest.mark.parametrize("prefix", ["shop", "//evil.example", "/a b", "/a?b", "https://evil.example", "/"])
def test_a_prefix_that_is_no_path_does_not_count(prefix: str) -> None:
    assert get("/models", client=PROXY, **{"X-Forwarded-Prefix": prefix}).json()["prefix"] == ""


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/diamonds/models", "/models"),  # the proxy passes the prefix on
        ("/models", "/models"),  # it leaves it out
        ("/diamonds/", "/"),
        ("/diamondsx", "/diamondsx"),
        ("/diamonds/diamonds/x", "/diamonds/x"),
    ],
)
def test_the_configured_prefix_may_be_there_or_not(path: str, inside: str) -> None:
    seen = get(path, prefix="/diamonds").json()
    assert (seen["path"], seen["prefix"]) == (inside, "/diamonds")


def test_the_prefix_alone_leads_to_the_page_whose_links_are_relative() -> None:
    moved = get("/diamonds", prefix="/diamonds")
    assert (moved.status_code, moved.headers["location"]) == (308, "/diamonds/")


@pytest.mark.parametrize(
    ("prefix", "client", "server"),
    [
        ("/diamonds", OTHER, "/diamonds"),
        ("", PROXY, "/shop"),
        ("/diamonds", PROXY, "/shop"),
        ("", OTHER, "."),
    ],
)
def test_the_openapi_document_says_where_the_service_is(prefix: str, client: str, server: str) -> None:
    api = Api(show, ROUTES)
    document = get(f"{prefix}/docs.json", prefix=prefix, client=client, app=api, **FORWARDED).json()
    assert document["servers"] == [{"url": server}]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy.example", "'proxy.example'; expected an address or a network"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "expected an address or a network"),
        ("PATH_PREFIX", "diamonds", "String should match pattern"),
        ("PATH_PREFIX", "/diamonds/", "String should match pattern"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"DIAMONDS_{name}", value)
    with pytest.raises(InvalidSettings, match=message) as invalid:
        settings.__wrapped__()
    assert str(invalid.value).startswith(f"Got DIAMONDS_{name}")
