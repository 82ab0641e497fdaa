"""One run of the flow on the real data, one real service, every endpoint, and the record of it all."""

import json

import httpx
import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from diamonds.diamond import COLUMNS, FEATURES
from diamonds.grades import GRADES
from diamonds.versions import store
from diamonds.versions.version import Version
from tests.end_to_end.client import Client, Seen
from tests.processes import wait_until

SEED = 20


@pytest.fixture(scope="module")
def stones(trained: dict[str, Version]) -> pd.DataFrame:
    """200 random stones of the champion's training data."""
    return store.training_stones(trained["champion"]).sample(200, random_state=SEED)


def as_body(stone: pd.Series, fields: tuple[str, ...] = FEATURES) -> dict[str, object]:
    """The stone as a client sends it, without what is unknown."""
    return {name: stone[name] for name in fields if pd.notna(stone[name])}


def test_the_models_are_as_good_as_promised_on_stones_they_never_saw(trained: dict[str, Version]) -> None:
    assert float(trained["linear"].labels["r2"]) >= 0.92
    assert trained["xgboost"].mae_usd <= 275


def test_the_best_version_is_the_champion(trained: dict[str, Version]) -> None:
    best = min((trained["linear"], trained["xgboost"]), key=lambda version: version.mae_usd)
    assert trained["champion"].labels["source"] == best.tag


@pytest.mark.parametrize("model", [None, "linear", "xgboost"])
def test_a_quote_is_the_price_of_the_model_loaded_by_hand(
    client: Client, trained: dict[str, Version], stones: pd.DataFrame, model: str | None
) -> None:
    version = trained[model or "champion"]
    expected = store.load(version).predict(stones[list(FEATURES)])
    for (_, stone), price in zip(stones.head(30).iterrows(), expected, strict=False):
        answer = client.post("/predict", {**as_body(stone), **({"model": model} if model else {})})
        quote = answer.json()
        assert quote["price"] == pytest.approx(price, rel=1e-5)
        assert quote["currency"] == "USD"
        assert quote["version"] == version.labels.get("source", version.tag)


def test_a_batch_is_quoted_in_order_like_each_stone_alone(client: Client, stones: pd.DataFrame) -> None:
    bodies = [as_body(stone) for _, stone in stones.head(20).iterrows()]
    alone = [client.post("/predict", body).json()["price"] for body in bodies]
    together = client.post("/predict_batch", {"diamonds": bodies, "model": None}).json()
    assert [quote["price"] for quote in together["predictions"]] == pytest.approx(alone, rel=1e-5)


def test_similar_stones_are_exactly_the_nearest_of_the_same_grades(
    client: Client, trained: dict[str, Version], stones: pd.DataFrame
) -> None:
    training = store.training_stones(trained["champion"])
    generator = np.random.default_rng(SEED)
    for _, stone in stones.iterrows():
        carat = max(round(float(stone["carat"] + generator.normal(0, 0.1)), 3), 0.01)
        wanted = {**as_body(stone, tuple(GRADES)), "carat": carat}
        n = int(generator.integers(1, 12))
        answer = client.post("/similar", {**wanted, "n": n}).json()
        same = training[(training[list(GRADES)] == stone[list(GRADES)]).all(axis=1)]
        distances = np.sort(np.abs(same["carat"].to_numpy("float64") - carat))[:n]
        assert answer["available"] == len(same)
        samples = pd.DataFrame(answer["samples"])
        assert set(samples.columns) == set(COLUMNS)
        assert (samples[list(GRADES)] == stone[list(GRADES)]).all(axis=None)
        assert np.abs(samples["carat"].to_numpy("float64") - carat) == pytest.approx(distances, abs=1e-9)
        assert len(samples.merge(same, on=["carat", "price", "cut", "color", "clarity"])) >= len(samples)


def test_the_models_are_listed_with_their_versions_and_metrics(
    client: Client, trained: dict[str, Version]
) -> None:
    assert trained["champion"].labels["source"] in client.get("/models").text
    versions = client.get("/models/xgboost").json()["versions"]
    assert versions[0]["version"] == trained["xgboost"].tag


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/predict", {"carat": -1, "cut": "Ideal", "color": "G", "clarity": "VS2"}, "carat"),
        ("/predict", {"carat": 1, "cut": "Perfect", "color": "G", "clarity": "VS2"}, "cut"),
        ("/predict", {"cut": "Ideal", "color": "G", "clarity": "VS2"}, "carat"),
        ("/similar", {"carat": 1, "cut": "Ideal", "color": "G", "clarity": "VS2", "n": 1000}, "n"),
    ],
)
def test_bad_input_is_answered_with_the_field_that_is_wrong(
    client: Client, path: str, body: dict[str, object], field: str
) -> None:
    answer = client.post(path, body)
    assert answer.status_code == 400
    assert field in [each["field"] for each in answer.json()["error"]["fields"]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/no-such-page", 404), ("DELETE", "/predict", 405), ("GET", "/models/no-such-model", 404)],
)
def test_what_is_not_there_is_answered_in_the_same_shape(
    client: Client, method: str, path: str, status: int
) -> None:
    answer = client.call(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "fields"}


def test_every_call_is_in_postgres_with_equal_bodies(client: Client, engine: sa.Engine) -> None:
    client.call("POST", "/predict", content=b"not json", headers={"content-type": "application/json"})
    rows = rows_of(client.seen, engine)
    for seen in client.seen:
        row = rows[seen.id]
        assert (row["method"], row["path"], row["status"]) == (seen.method, seen.path, seen.status)
        assert stored_body(row, "request") == parsed(seen.request)
        assert stored_body(row, "response") == parsed(seen.response)


def rows_of(seen: list[Seen], engine: sa.Engine) -> dict[str, dict[str, object]]:
    """The rows of these exchanges, as soon as all have arrived; each is there once, for ``id`` is the key."""
    ids = {each.id for each in seen}

    def arrived() -> dict[str, dict[str, object]]:
        with engine.connect() as connection:
            every = connection.execute(sa.text("SELECT * FROM exchanges")).mappings()
            return {str(row["id"]): dict(row) for row in every if str(row["id"]) in ids}

    wait_until(lambda: arrived().keys() == ids)
    return arrived()


def stored_body(row: dict[str, object], side: str) -> object:
    """The body as it is stored: parsed JSON, or else its bytes."""
    if row[f"{side}_body"] is not None:
        return row[f"{side}_body"]
    content = row[f"{side}_bytes"]
    return bytes(content) if isinstance(content, memoryview | bytes) else None


def parsed(body: bytes) -> object:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body


def test_an_exchange_can_be_read_back_by_its_id(client: Client, stones: pd.DataFrame) -> None:
    body = as_body(stones.iloc[0])
    answer = client.post("/predict", body)
    exchange = exchange_of(client.http, answer.headers["X-Exchange-Id"])
    assert exchange["request_body"] == body
    assert exchange["response_body"] == answer.json()
    assert exchange["model_version"] == answer.json()["version"]


def exchange_of(http: httpx.Client, exchange_id: str) -> dict[str, object]:
    """The exchange, as soon as it has been shipped."""
    path = f"/exchanges/{exchange_id}"
    wait_until(lambda: http.get(path).is_success)
    return dict(http.get(path).json())


def test_the_newest_exchanges_come_first(client: Client) -> None:
    page = client.http.get("/exchanges", params={"path": "/predict", "limit": 5}).json()
    times = [exchange["started_at"] for exchange in page["exchanges"]]
    assert len(times) == 5
    assert times == sorted(times, reverse=True)
