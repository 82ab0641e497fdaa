"""What a program may rely on that asks the service through ``diamonds.api.client``."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from diamonds.api.client import Client, Refused, ServiceDown, Stone
from diamonds.exchanges import Filter, page
from diamonds.versions.version import Version
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running
from tests.faults.proxy import Proxy
from tests.processes import free_port

STONE: Stone = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}


@pytest.fixture(scope="module")
def diamonds(service: Running) -> Iterator[Client]:
    with Client(service.url, key=service.key) as client:
        yield client


def test_a_quote_comes_with_the_id_under_which_it_is_kept(diamonds: Client, xgboost: Version) -> None:
    quote = diamonds.predict(STONE)
    assert (quote["model"], quote["version"]) == ("xgboost", xgboost.tag)
    kept = recorded(quote["exchange_id"])
    assert kept.response_body == {name: quote[name] for name in kept.response_body}  # type: ignore[literal-required]


def test_a_batch_is_quoted_in_order_by_the_model_that_is_asked(diamonds: Client, linear: Version) -> None:
    stones: list[Stone] = [STONE, {**STONE, "carat": 1.2, "depth": None, "x": 6.9}]
    batch = diamonds.predict_batch(stones, model="linear")
    assert batch["version"] == linear.tag
    singly = [diamonds.predict(stone, model="linear")["price"] for stone in stones]
    assert [each["price"] for each in batch["predictions"]] == singly


def test_prices_are_explained_and_similar_stones_found(diamonds: Client) -> None:
    explanation = diamonds.explain(STONE)
    parts = [each["usd"] for each in explanation["contributions"]]
    assert round(explanation["base"] + sum(parts), 2) == explanation["price"]
    similar = diamonds.similar({**STONE, "x": 5.7}, n=2)  # type: ignore[typeddict-unknown-key]
    assert len(similar["samples"]) == 2


def test_models_are_told_with_times(diamonds: Client, linear: Version, xgboost: Version) -> None:
    champion = diamonds.models()["champion"]
    assert champion is not None
    assert champion["version"] == xgboost.tag
    (version,) = diamonds.model("linear")["versions"]
    assert version["created_at"] == linear.created_at


def test_feedback_is_given_by_the_id_of_the_quote(diamonds: Client) -> None:
    quote = diamonds.predict(STONE)
    feedback = diamonds.feedback(quote["exchange_id"], 2650)
    assert (feedback["exchange_id"], feedback["price"]) == (quote["exchange_id"], 2650)
    assert feedback["quote"] is not None
    assert feedback["quote"]["price"] == quote["price"]
    file = f"exchange_id,price\n{quote['exchange_id']},2700\n7,1\n".encode()
    assert [row["result"] for row in diamonds.feedback_file(file)["results"]] in TAKEN


TAKEN = (["stored", "refused"], ["waiting", "refused"])
"""Whether or not the quote has got to the database."""


def test_an_error_carries_what_the_api_says(diamonds: Client) -> None:
    with pytest.raises(Refused, match=r"Got cut='Round'; expected one of Ideal") as refused:
        diamonds.predict({**STONE, "cut": "Round"})
    assert (refused.value.status, refused.value.code) == (400, "invalid_input")
    assert [each["field"] for each in refused.value.fields] == ["cut"]


def test_a_service_that_is_down_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with (
        Client(url, tries=2) as client,
        pytest.raises(ServiceDown, match=f"service at {url} does not answer"),
    ):
        client.predict(STONE)


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("http://example.invalid:3000", " through the proxy 127.0.0.1 "),
        ("http://localhost:1", ""),
        ("http://[::1]:1", ""),
    ],
)
def test_a_proxy_is_named_and_not_used_on_this_machine(
    url: str, through: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://me:secret@127.0.0.1:9")
    with Client(url, tries=1) as client, pytest.raises(ServiceDown) as down:
        client.models()

    assert (" through the proxy " in str(down.value)) == bool(through)
    assert f"{url} does not answer{through}" in str(down.value)
    assert "secret" not in str(down.value)


@pytest.mark.parametrize("cuts", [1, 2])
def test_a_call_whose_answer_was_cut_off_is_one_exchange_however_often_it_is_sent(
    service: Running, cuts: int
) -> None:
    carat = 0.7 + cuts / 1000
    proxy = Proxy(urlsplit(service.url).port or 0, asked=f'"carat":{carat}'.encode())
    proxy.cuts = cuts
    with Client(f"http://127.0.0.1:{proxy.port}") as client:
        quote = client.predict({**STONE, "carat": carat})
    proxy.close()
    assert proxy.cuts == 0
    kept = recorded(quote["exchange_id"])
    asked = [one for one in page(Filter(path="/predict")).exchanges if one.request_body == kept.request_body]
    assert [one.id for one in asked] == [quote["exchange_id"]]
    assert kept.response_body["price"] == quote["price"]


QUOTE = {
    "price": 1.0,
    "low": 1.0,
    "high": 1.0,
    "coverage": 0.9,
    "currency": "USD",
    "model": "m",
    "version": "v",
}
"""What stands behind the gateway answers."""


@dataclass
class Gateway:
    """What may stand before the service: it answers with these statuses first, then with a quote."""

    statuses: list[int]
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [headers["x-exchange-id"] for headers in self.asked]


@contextmanager
def standing(gateway: Gateway, **options: Any) -> Iterator[Client]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            gateway.asked.append(self.headers)  # type: ignore[arg-type] # a mapping without regard to case
            status = gateway.statuses.pop(0) if gateway.statuses else 200
            body = json.dumps(QUOTE).encode() if status == 200 else b"<h1>Not now</h1>"
            self.send_response(status)
            for name, value in {**gateway.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.send_header("x-exchange-id", self.headers.get("x-exchange-id", str(UUID(int=7))))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with Client(f"http://127.0.0.1:{server.server_port}", **options) as client:
            yield client
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [429, 503, 504])
def test_what_is_refused_for_now_is_tried_again_under_its_id(status: int) -> None:
    gateway = Gateway([status, status], {"Retry-After": "0"})
    with standing(gateway) as client:
        quote = client.predict(STONE)
    assert gateway.ids == [str(quote["exchange_id"])] * 3


def test_only_later_tries_are_declared_as_retries() -> None:
    gateway = Gateway([503, 503], {"Retry-After": "0"})
    with standing(gateway) as client:
        client.predict(STONE)
        client.predict(STONE)
    assert [headers.get("x-exchange-retry") for headers in gateway.asked] == [None, "1", "2", None]


def test_after_the_last_try_the_error_is_raised() -> None:
    gateway = Gateway([503] * 9)
    with (
        standing(gateway, tries=2) as client,
        pytest.raises(Refused, match="status 503: <h1>Not now") as refused,
    ):
        client.predict(STONE)
    assert (refused.value.status, refused.value.code, len(gateway.asked)) == (503, "unknown", 2)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 500, 502])
def test_what_would_end_the_same_is_not_tried_again(status: int) -> None:
    gateway = Gateway([status])
    with standing(gateway) as client, pytest.raises(Refused):
        client.predict(STONE)
    assert len(gateway.asked) == 1


@pytest.mark.parametrize("later", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_nobody_waits_for_a_service_that_asks_to_come_back_much_later(later: str) -> None:
    gateway = Gateway([429], headers={"Retry-After": later})
    with standing(gateway) as client, pytest.raises(Refused):
        client.predict(STONE)
    assert len(gateway.asked) == 1


def test_the_key_is_sent() -> None:
    gateway = Gateway([])
    with standing(gateway, key="let-me-in") as client:
        client.predict(STONE)
    assert gateway.asked[0]["authorization"] == "Bearer let-me-in"


def test_a_single_try_leaves_it_to_the_service_to_give_an_id() -> None:
    gateway = Gateway([])
    with standing(gateway, tries=1) as client:
        assert client.predict(STONE)["exchange_id"] == UUID(int=7)
    assert "x-exchange-id" not in gateway.asked[0]


def test_a_program_that_asks_loads_nothing_of_what_answers() -> None:
    heavy = ("bentoml", "sklearn", "sqlalchemy", "xgboost")
    loaded = f"import sys, diamonds.api.client; print([each for each in {heavy} if each in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
