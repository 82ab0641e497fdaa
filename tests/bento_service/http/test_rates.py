"""How many requests one key, or one address without a key, may send."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.bento_service.recorded_service import recorded, serving
from tests.bento_service.serving import bearer

ONE, OTHER = "the-key-of-one-client", "the-key-of-another-one"


@pytest.fixture
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    environment = {"DIAMONDS_API_KEYS": f"{ONE},{OTHER}", **request.param}
    with serving(tmp_path / "log", environment) as url, httpx.Client(base_url=url) as client:
        yield client


RATE, QUOTA = {"DIAMONDS_RATE_LIMIT": "5/hour"}, {"DIAMONDS_QUOTA": "5"}


@pytest.mark.parametrize("client", [RATE, QUOTA], indirect=True, ids=["rate", "quota"])
def test_what_one_caller_sends_too_much_is_refused_until_the_time_that_it_is_told(
    client: httpx.Client,
) -> None:
    assert [client.get("/nothing").status_code for _ in range(7)] == [*5 * [204], 429, 429]
    refused = client.get("/nothing")
    assert refused.json()["error"]["code"] == "rate_limited"
    assert "5 per 1" in refused.json()["error"]["message"]
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600
    assert recorded(refused.headers["X-Exchange-Id"]).status == 429
    assert client.get("/nothing", headers=bearer(ONE)).status_code == 204, "A key counts by itself."
    assert client.get("/readyz").status_code == 200
