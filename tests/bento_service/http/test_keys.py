"""Who may call what: by the scopes of keys, where the service is bound to loopback and where it is not."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import pytest

from bento_service.http.access import need_of
from bento_service.routes import ROUTES
from diamonds.keys import database
from diamonds.keys.scopes import Scope
from tests.bento_service.conftest import STONE
from tests.bento_service.raw_client import read_response
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running, bearer, serving
from tests.processes import wait_until

JSON = {"content-type": "application/json"}
PARAMETERS = {
    "{version}": "diamonds-linear:none",
    "{name}": "linear",
    "{id}": str(uuid4()),
    "{fingerprint}": "0" * 16,
}
CALLS = sorted(
    {
        (method, route.path)
        for route in ROUTES
        for method in route.methods or ()
        if method != "HEAD" and need_of(method, route.path) is not None
    }
)
OPEN_ON_LOOPBACK = {
    ("POST", "/predict"),
    ("POST", "/predict_batch"),
    ("POST", "/explain"),
    ("POST", "/similar"),
    ("GET", "/grades"),
    ("GET", "/models"),
    ("GET", "/models/{name}"),
    ("GET", "/versions/{version}"),
    ("GET", "/promotions"),
    ("GET", "/comparison"),
}
SPELLINGS = (
    "/exchanges",
    "/exchanges/",
    "//exchanges",
    "/./exchanges",
    "/docs/../exchanges",
    "/docs/..%2fexchanges",
    "/livez/../exchanges",
    "/static_content/../exchanges",
    "/static_content/..%2f..%2fexchanges",
    "/metrics/../exchanges",
    "/%65xchanges",
    "/exchanges%2f",
    "/exchanges%00",
    "/exchanges;x=1",
    "/..;/exchanges",
    "/EXCHANGES",
    "/exchanges?limit=1",
    "/exchanges#x",
    "/%2565xchanges",
    "/exch\u0430nges",
)


def call(client: httpx.Client, method: str, path: str, **headers: str) -> httpx.Response:
    for name, value in PARAMETERS.items():
        path = path.replace(name, value)
    content = b"{}" if method == "POST" else None
    return client.request(method, path, content=content, headers={**JSON, **headers})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def is_known(url: str, key: str) -> bool:
    return httpx.get(f"{url}/keys/self", headers=bearer(key)).is_success


@pytest.fixture(scope="module")
def keys(service: Running, exposed: Running) -> dict[Scope, str]:
    """A key of each scope, as soon as both services know all of them."""
    made = {scope: database.add(f"{scope}-{uuid4().hex}", [scope]) for scope in Scope}
    for running in (service, exposed):
        for key in made.values():
            wait_until(lambda url=running.url, key=key: is_known(url, key))  # type: ignore[misc]
    return made


@pytest.fixture
def stranger(service: Running) -> Iterator[httpx.Client]:
    with service.stranger() as client:
        yield client


@pytest.fixture(scope="module")
def exposed(service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that other machines reach, with the keys and versions of the first."""
    log = tmp_path_factory.mktemp("exposed") / "log"
    environment = {"DIAMONDS_API_KEYS": f"from-the-settings,{uuid4()}"}
    with serving(log, environment=environment, host="0.0.0.0", until="/readyz") as running:  # noqa: S104
        yield running


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_call_without_a_key_is_refused_unless_it_is_a_quote_on_loopback(
    stranger: httpx.Client, method: str, path: str
) -> None:
    answer = call(stranger, method, path)
    if (method, path) in OPEN_ON_LOOPBACK:
        assert answer.status_code not in (401, 403)
    else:
        assert code(answer) == (401, "no_key")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_beyond_loopback_every_call_needs_a_key(exposed: Running, method: str, path: str) -> None:
    with exposed.stranger() as client:
        assert code(call(client, method, path)) == (401, "no_key")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_each_scope_allows_its_calls_and_no_other(
    exposed: Running, keys: dict[Scope, str], method: str, path: str
) -> None:
    need = need_of(method, path)
    assert need is not None
    with exposed.stranger() as client:
        for scope, key in keys.items():
            answer = call(client, method, path, **bearer(key))
            if need.scope in (None, scope) or scope == Scope.ADMIN:
                assert answer.status_code not in (401, 403)
            else:
                assert code(answer) == (403, "scope_too_small")
                assert str(need.scope) in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/docs", "/docs.json", "/"])
def test_health_and_docs_need_no_key_anywhere(exposed: Running, path: str) -> None:
    with exposed.stranger() as client:
        assert client.get(path).status_code == 200


def test_metrics_need_a_key_beyond_loopback_only(
    exposed: Running, stranger: httpx.Client, keys: dict[Scope, str]
) -> None:
    assert stranger.get("/metrics").status_code == 200
    with exposed.stranger() as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers=bearer(keys[Scope.QUOTE])).status_code == 200


@pytest.mark.parametrize("key", ["from-the-settings", "the file"])
def test_the_keys_of_settings_and_of_the_file_have_all_scopes(exposed: Running, key: str) -> None:
    with exposed.stranger() as client:
        client.headers.update(bearer(exposed.key if key == "the file" else key))
        own = client.get("/keys/self").json()
        assert own == {"name": "admin.key" if key == "the file" else "DIAMONDS_API_KEYS", "scopes": ["admin"]}
        assert client.post("/predict", json=STONE).status_code == 200


def test_a_key_shows_its_own_name_and_scopes(stranger: httpx.Client, keys: dict[Scope, str]) -> None:
    own = stranger.get("/keys/self", headers=bearer(keys[Scope.READ])).json()
    assert own["name"].startswith("read-")
    assert own["scopes"] == ["read"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_matched_without_regard_to_case(
    stranger: httpx.Client, service: Running, scheme: str
) -> None:
    assert stranger.get("/keys/self", headers={"Authorization": f"{scheme} {service.key}"}).status_code == 200


def wrong(key: str) -> dict[str, list[tuple[bytes, bytes]]]:
    """Headers that have the key, but not as they should, or a part of it."""
    id_ = key.split("_")[1]
    authorization, sent = b"Authorization", key.encode()
    return {
        "none": [],
        "an empty one": [(authorization, b"Bearer")],
        "another scheme": [(authorization, b"Basic " + sent)],
        "no scheme": [(authorization, sent)],
        "no space": [(authorization, b"Bearer" + sent)],
        "a prefix": [(authorization, b"Bearer " + sent[:-1])],
        "one letter more": [(authorization, b"Bearer " + sent + b"x")],
        "in capitals": [(authorization, b"Bearer " + sent.upper())],
        "the id alone": [(authorization, f"Bearer diamonds_{id_}_".encode())],
        "another id": [(authorization, b"Bearer " + sent.replace(id_.encode(), b"0" * len(id_)))],
        "in quotes": [(authorization, b'Bearer "' + sent + b'"')],
        "two headers": [(authorization, b"Bearer " + sent), (authorization, b"Bearer " + sent)],
        "two in one": [(authorization, b"Bearer " + sent + b", Bearer " + sent)],
        "bytes above ASCII": [(authorization, b"Bearer \xff\xfe\xe4" + sent)],
        "60 KB": [(authorization, b"Bearer diamonds_" + b"x" * 60_000)],
        "another header": [(b"X-Api-Key", sent)],
        "a cookie": [(b"Cookie", b"Authorization=Bearer " + sent)],
    }


WRONG = list(wrong("diamonds_x_y"))


@pytest.mark.parametrize("label", WRONG)
def test_what_is_not_exactly_a_key_is_none(
    stranger: httpx.Client, keys: dict[Scope, str], label: str
) -> None:
    answer = stranger.get("/exchanges", headers=wrong(keys[Scope.READ])[label])
    assert code(answer) == (401, "no_key")


def test_a_key_in_the_query_is_none_and_is_not_stored(stranger: httpx.Client, service: Running) -> None:
    answer = stranger.get(f"/exchanges?key={service.key}&access_token={service.key}")
    assert code(answer) == (401, "no_key")
    assert recorded(answer.headers["X-Exchange-Id"]).query == "key=***&access_token=***"


def test_a_refused_request_is_recorded_with_the_name_of_its_key_and_without_the_key(
    stranger: httpx.Client, keys: dict[Scope, str]
) -> None:
    unknown = f"diamonds_0123456789ab_{uuid4()}"
    for key, status, name in ((unknown, 401, ""), (keys[Scope.QUOTE], 403, "quote-")):
        answer = stranger.get("/exchanges", headers=bearer(key))
        assert answer.status_code == status
        exchange = recorded(answer.headers["X-Exchange-Id"])
        assert (exchange.status, exchange.path) == (status, "/exchanges")
        assert key not in str(exchange)
        recorded_name = (exchange.request_headers or {}).get("key-name", "")
        assert recorded_name[: len(name) or None] == name


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE", "get"])
@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_of_a_path_and_no_method_gets_past_the_check(
    exposed: Running, service: Running, method: str, path: str
) -> None:
    for running in (exposed, service):
        status = raw(running, method, path)
        assert status in (401, 404, 405, 400) or (status == 200 and path.startswith(("/docs", "/livez")))
        if running is exposed:
            assert status in (400, 401, 404) or path.startswith(("/docs", "/livez", "/static_content"))


def raw(running: Running, method: str, path: str) -> int:
    """The status of a request whose target no client has changed before."""
    address = urlsplit(running.url)
    target = quote(path, safe="/%;?#=.")
    with socket.create_connection(("127.0.0.1", address.port or 0), timeout=60) as connection:
        connection.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode()
        )
        return read_response(connection).status_code


def test_a_revoked_key_is_refused_within_seconds(stranger: httpx.Client, service: Running) -> None:
    name = f"revoked-{uuid4().hex}"
    key = bearer(database.add(name, [Scope.READ]))
    wait_until(lambda: stranger.get("/exchanges", headers=key).status_code == 200)
    database.revoke(name)
    wait_until(lambda: stranger.get("/exchanges", headers=key).status_code == 401)


def test_a_rotated_key_and_its_successor_are_valid_during_the_grace(stranger: httpx.Client) -> None:
    name = f"rotated-{uuid4().hex}"
    old = bearer(database.add(name, [Scope.READ]))
    wait_until(lambda: stranger.get("/exchanges", headers=old).status_code == 200)
    new = bearer(database.rotate(name, timedelta(seconds=3)))
    wait_until(lambda: stranger.get("/exchanges", headers=new).status_code == 200)
    wait_until(lambda: stranger.get("/exchanges", headers=old).status_code == 401)
    assert stranger.get("/exchanges", headers=new).status_code == 200


def test_the_time_of_the_last_use_is_stored(stranger: httpx.Client) -> None:
    name, began = f"used-{uuid4().hex}", datetime.now(UTC)
    key = bearer(database.add(name, [Scope.QUOTE]))
    wait_until(lambda: stranger.get("/keys/self", headers=key).is_success)

    def last_use() -> Any:
        return next(each.last_used_at for each in database.stored_keys() if each.name == name)

    assert wait_until(last_use) >= began


def test_a_retry_with_a_key_of_too_small_a_scope_gets_nothing_of_the_stored_answer(
    stranger: httpx.Client, keys: dict[Scope, str]
) -> None:
    quoted = stranger.post("/predict", json=STONE)
    recorded(quoted.headers["X-Exchange-Id"])
    body = {"exchange_id": quoted.headers["X-Exchange-Id"], "price": 2650}
    id_ = {"X-Exchange-Id": str(uuid4()), "X-Exchange-Retry": "1"}
    given = stranger.post("/feedback", json=body, headers={**id_, **bearer(keys[Scope.FEEDBACK])})
    assert given.status_code == 200
    recorded(given.headers["X-Exchange-Id"])
    for key, status in ((keys[Scope.QUOTE], 403), ("unknown" * 5, 401)):
        refused = stranger.post("/feedback", json=body, headers={**id_, **bearer(key)})
        assert refused.status_code == status
        assert "price" not in refused.text
        assert refused.headers["X-Exchange-Id"] != given.headers["X-Exchange-Id"]
    other = stranger.post("/feedback", json=body, headers={**id_, **bearer(keys[Scope.ADMIN])})
    assert other.json() == given.json()


def test_an_endless_stream_of_wrong_keys_does_not_block_right_ones(
    stranger: httpx.Client, service: Running
) -> None:
    for _ in range(200):
        assert stranger.get("/exchanges", headers=bearer(f"diamonds_{uuid4().hex[:12]}_x")).status_code == 401
    assert stranger.get("/exchanges", headers=bearer(service.key)).status_code == 200
