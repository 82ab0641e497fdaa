"""What a client of the API may rely on."""

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from diamonds.dataset import Dataset
from diamonds.diamond import Diamond
from diamonds.pricing.pricer import load_pricer
from diamonds.versions import datasets
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE, WHOLE_STONE
from tests.bento_service.serving import Running
from tests.processes import wait_until


def test_a_stone_is_quoted_by_the_champion(client: httpx.Client, xgboost: Version) -> None:
    (price,) = load_pricer(xgboost).prices_usd([Diamond(**WHOLE_STONE)])
    answer = client.post("/predict", json=WHOLE_STONE)
    assert answer.status_code == 200
    assert answer.json()["price"] == price
    assert (answer.json()["model"], answer.json()["version"]) == ("xgboost", xgboost.tag)
    assert answer.json()["currency"] == "USD"


def test_a_model_can_be_asked_by_its_name(client: httpx.Client, linear: Version) -> None:
    (price,) = load_pricer(linear).prices_usd([Diamond(**STONE)])
    answer = client.post("/predict", json={**STONE, "model": "linear"}).json()
    assert (answer["price"], answer["version"]) == (price, linear.tag)


def test_a_batch_is_quoted_in_order_like_single_stones(client: httpx.Client, dataset: Dataset) -> None:
    columns = ["carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z"]
    stones = json.loads(dataset.hold_out[columns].head(50).to_json(orient="records"))
    batch = client.post("/predict_batch", json={"diamonds": stones}).json()
    singly = [client.post("/predict", json=stone).json() for stone in stones]
    assert [each["price"] for each in batch["predictions"]] == [each["price"] for each in singly]


def test_an_empty_batch_gives_no_predictions(client: httpx.Client) -> None:
    assert client.post("/predict_batch", json={"diamonds": []}).json()["predictions"] == []


@pytest.mark.parametrize("spelling", ["very good", "VERY_GOOD", "Very-Good", "verygood"])
def test_grades_are_matched_in_any_spelling(client: httpx.Client, spelling: str) -> None:
    price = client.post("/predict", json={**STONE, "cut": "Very Good"}).json()["price"]
    assert client.post("/predict", json={**STONE, "cut": spelling}).json()["price"] == price


def test_null_stands_for_an_unknown_measure(client: httpx.Client) -> None:
    assert client.post("/predict", json={**STONE, "x": None, "model": None}).json() == (
        client.post("/predict", json=STONE).json()
    )


def test_similar_stones_come_from_the_champions_training(client: httpx.Client, dataset: Dataset) -> None:
    answer = client.post("/similar", json={**STONE, "n": 3}).json()
    grades = ("cut", "color", "clarity")
    same = dataset.training[
        (dataset.training[list(grades)] == [STONE[grade] for grade in grades]).all(axis=1)
    ]
    assert answer["available"] == len(same)
    nearest = same.assign(distance=(same["carat"] - 0.7).abs().round(9)).sort_values(
        ["distance", "carat", "price"]
    )
    assert [sample["price"] for sample in answer["samples"]] == nearest["price"].head(3).tolist()
    assert all(
        {grade: sample[grade] for grade in grades} == {g: STONE[g] for g in grades}
        for sample in answer["samples"]
    )


def test_models_are_listed_with_their_newest_metrics(client: httpx.Client, xgboost: Version) -> None:
    answer = client.get("/models").json()
    assert answer["champion"]["version"] == xgboost.tag
    by_name = {model["name"]: model for model in answer["models"]}
    assert by_name["xgboost"]["champion"] is True
    assert by_name["xgboost"]["newest"]["mae"] == xgboost.mae_usd
    assert by_name["linear"]["champion"] is False


def test_a_model_shows_its_versions(client: httpx.Client, linear: Version) -> None:
    answer = client.get("/models/linear").json()
    assert [version["version"] for version in answer["versions"]] == [linear.tag]


JSON = {"content-type": "application/json"}
GRADES = b'"cut":"Ideal","color":"G","clarity":"IF"'
NOT_JSON = {
    "an empty body": (b"", "an empty body"),
    "a form": (b"carat=0.7", "expected a JSON object"),
    "a bomb of nested arrays": (b"[" * 100_000, "recursion limit"),
    "a bomb in a field": (b'{"carat":' + b"[" * 900 + b"]" * 900 + b"}", "recursion limit"),
    "invalid UTF-8": (b'{"carat":0.7,"cut":"\xff"}', "not JSON"),
    "a lone surrogate": (b'{"carat":0.7,"cut":"\\ud800"}', "not JSON"),
    "two objects": (b'{"carat":0.7}{"carat":0.7}', "not JSON"),
}
WRONG = {
    "an array": (b"[]", "a JSON object"),
    "null": (b"null", "a JSON object"),
    "a duplicate key": (b'{"carat":0.7,"carat":0.8,%b}' % GRADES, "`carat` is given 2 times"),
    "an escaped duplicate": (b'{"carat":0.7,"c\\u0061rat":0.8,%b}' % GRADES, "given 2 times"),
    "NaN": (b'{"carat":NaN,%b}' % GRADES, "a finite number"),
    "Infinity": (b'{"carat":Infinity,%b}' % GRADES, "a finite number"),
    "1e999": (b'{"carat":1e999,%b}' % GRADES, "a finite number"),
    "a number of 400 digits": (b'{"carat":1%b,%b}' % (b"0" * 400, GRADES), "number"),
    "a negative weight": (
        b'{"carat":-1.0,%b}' % GRADES,
        "Got carat=-1.0; expected a number of at least 0.001.",
    ),
    "a numeric string": (b'{"carat":"0.7",%b}' % GRADES, "Got carat='0.7'; expected a number."),
    "a boolean": (b'{"carat":true,%b}' % GRADES, "Got carat=True; expected a number."),
    "an unknown grade": (b'{"carat":1,"cut":"Ideal","color":"Z","clarity":"IF"}', "expected one of D, E, F"),
    "no string": (b'{"carat":1,"cut":{"a":1},"color":"G","clarity":"IF"}', "expected one of Ideal"),
    "a misspelt field": (b'{"carat":1,"tabel":57,%b}' % GRADES, "no field `tabel`; did you mean `table`?"),
    "a missing field": (b'{"carat":0.7,"cut":"Ideal","color":"G"}', "`clarity` is missing."),
}
BODIES = {name: (body, "invalid_json", says) for name, (body, says) in NOT_JSON.items()} | {
    name: (body, "invalid_input", says) for name, (body, says) in WRONG.items()
}


@pytest.mark.parametrize(("body", "code", "says"), BODIES.values(), ids=BODIES)
def test_bad_input_is_a_400_that_says_what_to_mend(
    client: httpx.Client, body: bytes, code: str, says: str
) -> None:
    answer = client.post("/predict", content=body, headers=JSON)
    assert answer.status_code == 400
    assert_error(answer, code, says)


def assert_error(answer: httpx.Response, code: str, says: str) -> None:
    error = answer.json()["error"]
    assert answer.json().keys() == {"error"}
    assert error.keys() == {"code", "message", "fields"}
    assert error["code"] == code
    assert says in error["message"]
    assert all(field.keys() == {"field", "message", "got"} for field in error["fields"])


def test_an_error_in_a_batch_names_the_stone(client: httpx.Client) -> None:
    stones = [STONE, {**STONE, "carat": 0}]
    (field,) = client.post("/predict_batch", json={"diamonds": stones}).json()["error"]["fields"]
    assert field == {
        "field": "diamonds[1].carat",
        "message": "Got diamonds[1].carat=0; expected a number of at least 0.001.",
        "got": 0,
    }


def test_a_duplicate_key_in_a_batch_is_refused(client: httpx.Client) -> None:
    stone = json.dumps(STONE)
    body = f'{{"diamonds":[{stone},{stone[:-1]},"cut":"Good"}}]}}'
    answer = client.post("/predict_batch", content=body, headers=JSON)
    assert_error(answer, "invalid_input", "`cut` is given 2 times")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/vnd.bentoml+pickle",
        "application/json; charset=latin-1",
        "application/json; profile=x; charset=latin-1",
    ],
)
def test_anything_but_json_is_a_415(client: httpx.Client, content_type: str) -> None:
    answer = client.post("/predict", content=json.dumps(STONE), headers={"content-type": content_type})
    assert answer.status_code == 415
    assert_error(answer, "unsupported_media_type", "Content-Type: application/json")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"; profile=x',
        "application/json; profile=x ; charset=utf8",
        'application/json; profile="a; charset=latin-1"',
        "Application/JSON",
    ],
)
def test_json_may_say_that_it_is_utf_8_among_other_things(client: httpx.Client, content_type: str) -> None:
    headers = {"content-type": content_type}
    assert client.post("/predict", content=json.dumps(STONE), headers=headers).status_code == 200


def test_a_body_beyond_the_limit_is_a_413(client: httpx.Client) -> None:
    answer = client.post("/predict_batch", content=b" " * 10_000_001, headers=JSON)
    assert answer.status_code == 413
    assert_error(answer, "too_large", "10,000,000 bytes")


def test_a_chunked_body_beyond_the_limit_is_a_413(client: httpx.Client) -> None:
    chunks = (b" " * 1_000_000 for _ in range(11))
    answer = client.post("/predict_batch", content=chunks, headers=JSON)
    assert answer.status_code == 413


def test_an_unknown_model_is_a_404_that_lists_the_models(client: httpx.Client) -> None:
    answer = client.post("/predict", json={**STONE, "model": "resnet"})
    assert answer.status_code == 404
    assert_error(answer, "unknown_model", "linear, xgboost")
    assert client.get("/models/resnet").status_code == 404


def test_an_unknown_path_is_a_404_in_our_shape(client: httpx.Client) -> None:
    answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert_error(answer, "not_found", "There is nothing at /nothing/here")


def test_a_wrong_method_is_a_405_that_names_the_right_one(client: httpx.Client) -> None:
    answer = client.get("/predict")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert_error(answer, "method_not_allowed", "expected POST")


def test_metrics_are_bounded_whatever_paths_are_asked_for(client: httpx.Client) -> None:
    for path in ("/models/xgboost", "/models/no-such-model", "/no-such-page", "/models/linear/too-deep"):
        client.get(path)
    metrics = client.get("/metrics").text
    endpoints = set(re.findall(r'request_total{endpoint="([^"]*)"', metrics))
    assert endpoints >= {"/models/{name}", "other"}
    assert not {each for each in endpoints if "no-such" in each or "xgboost" in each or "deep" in each}


def test_metrics_count_our_paths(client: httpx.Client) -> None:
    client.post("/predict", json=STONE)
    metrics = client.get("/metrics").text
    assert 'bentoml_service_request_total{endpoint="/predict",http_response_code="200"' in metrics


def test_the_service_is_alive_and_ready(client: httpx.Client) -> None:
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_bentomls_own_client_works(service: Running, xgboost: Version) -> None:
    import bentoml

    with bentoml.SyncHTTPClient(service.url) as client:
        quote: dict[str, Any] = client.predict(WHOLE_STONE)
        batch: dict[str, Any] = client.predict_batch({"diamonds": [WHOLE_STONE, STONE]})
        explanation: dict[str, Any] = client.explain(WHOLE_STONE)
        similar: dict[str, Any] = client.similar({**STONE, "n": 2})
    assert quote["version"] == xgboost.tag
    assert batch["predictions"][0] == {name: quote[name] for name in ("price", "low", "high")}
    assert explanation["price"] == quote["price"]
    assert len(similar["samples"]) == 2


def test_a_dataset_is_shown_with_what_it_was_made_of(client: httpx.Client, dataset: Dataset) -> None:
    tag = datasets.save(dataset).tag
    answer = client.get(f"/datasets/{dataset.fingerprint}").json()
    assert answer["tag"] == tag
    assert answer["report"]["kept"] == len(dataset.training) + len(dataset.hold_out)
    assert answer["page"].startswith(f"# Dataset {dataset.fingerprint}")


def test_an_unknown_dataset_is_not_found(client: httpx.Client) -> None:
    answer = client.get("/datasets/0123456789abcdef")
    assert answer.status_code == 404
    assert answer.json()["error"]["fields"][0]["got"] == "0123456789abcdef"


def test_a_kept_number_of_any_size_is_read_back(client: httpx.Client) -> None:
    stone, id_ = {**STONE, "carat": 10**40}, {"X-Exchange-Id": str(uuid4())}
    refused = client.post("/predict", json=stone, headers=id_)
    assert refused.status_code == 400
    path = f"/exchanges/{refused.headers['X-Exchange-Id']}"
    wait_until(lambda: client.get(path).is_success)
    assert client.get(path).json()["request_body"]["carat"] == 10**40
    assert client.post("/predict", json=stone, headers=id_).json() == refused.json()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", ""),
        ("text", "x" * 10_000),
        ("text", "a\0b"),
        ("path", "\0"),
        ("model", "\0"),
        ("status", "200; DROP TABLE exchanges"),
        ("status", "9" * 1000),
        ("limit", "9" * 1000),
        ("since", "0001-01-01T00:00:00"),
        ("cursor", "x" * 10_000),
        ("texts", "Ideal"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_by_its_name(client: httpx.Client, name: str, value: str) -> None:
    refused = client.get("/exchanges", params={name: value})
    assert refused.status_code == 400
    assert refused.json()["error"]["fields"][0]["field"] == name


@pytest.mark.parametrize("name", ["text", "path", "model"])
def test_a_filter_is_only_ever_a_value(client: httpx.Client, name: str) -> None:
    filters = {name: "'; DROP TABLE exchanges; -- %(x)s %s \\ %"}
    assert client.get("/exchanges", params=filters).json()["exchanges"] == []
    assert client.get("/exchanges").status_code == 200
