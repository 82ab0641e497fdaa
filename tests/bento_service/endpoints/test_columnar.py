"""The fast way to read a batch gives what the schema gives."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bento_service.endpoints.columnar import as_rows, read_columns
from bento_service.endpoints.quoting import read_batch
from bento_service.http.errors import ApiError
from bento_service.http.parsing import parse_json
from diamonds.api.requests import BatchRequest
from diamonds.grades import GRADES

WEIGHT = st.one_of(st.floats(0.001, 1000), st.integers(1, 1000))
ODD = st.one_of(
    st.none(), st.booleans(), st.text(max_size=3), st.floats(), st.integers(-5, 2**70), st.just([])
)
GRADE = {column: st.sampled_from([*grades, grades[0].lower(), "vg"]) for column, grades in GRADES.items()}
OPTIONAL = {
    name: st.one_of(st.none(), WEIGHT, WEIGHT, ODD)
    for name in ("depth", "table", "x", "y", "z", "w", "asked")
}
STONE = st.fixed_dictionaries({"carat": st.one_of(WEIGHT, WEIGHT, ODD), **GRADE}, optional=OPTIONAL)
BATCH = st.fixed_dictionaries(
    {"diamonds": st.one_of(st.lists(STONE, max_size=4), ODD)}, optional={"model": ODD, "models": ODD}
)


def outcome(body: bytes, read: Any) -> tuple[Any, ...]:
    try:
        batch = read(body)
    except ApiError as error:
        return error.status, error.body()
    return batch.rows.tolist().__repr__(), batch.asked.tolist().__repr__(), batch.model


@settings(max_examples=400, deadline=None)
@given(BATCH)
def test_it_gives_what_the_schema_gives(batch: dict[str, Any]) -> None:
    body = json.dumps(batch).encode()
    assert outcome(body, read_batch) == outcome(body, lambda each: as_rows(parse_json(each, BatchRequest)))


def test_plain_batches_are_read_by_columns() -> None:
    stone = {"carat": 1, "cut": "Ideal", "color": "G", "clarity": "VS2", "x": 5.5, "asked": 2500}
    batch = read_columns(json.dumps({"diamonds": [stone], "model": "linear"}).encode())
    assert batch is not None
    assert batch.asked.tolist() == [2500]
    assert np.array_equal(batch.rows, [[1, 4, 3, 3, np.nan, np.nan, 5.5, np.nan, np.nan]], equal_nan=True)


@pytest.mark.parametrize("key", ["carat", "diamonds"])
def test_a_repeated_key_is_refused(key: str) -> None:
    body = '{"diamonds":[{"carat":1,"cut":"Ideal","color":"G","clarity":"VS2"}],"model":null}'
    repeated = (
        body.replace('"carat":1', '"carat":1,"carat":2') if key == "carat" else body[:-1] + ',"diamonds":[]}'
    )
    with pytest.raises(ApiError, match=f"`{key}` is given 2 times"):
        read_batch(repeated.encode())
