import orjson
import pytest

from diamonds.exchanges.database.key_order import in_key_order, key_order


@pytest.mark.parametrize(
    "text",
    [
        '{"price":1,"low":0,"currency":"USD"}',
        '{"b":[{"z":1},{"z":1,"a":{"b":2}}],"a":null}',
        '[{"b":1,"a":2},[{"c":0,"a":1}],"text",1.5,{}]',
        "[]",
        '"text"',
    ],
)
def test_the_order_of_keys_is_restored_after_they_were_sorted(text: str) -> None:
    order = key_order(orjson.loads(text))
    assert order is not None
    as_jsonb = orjson.loads(orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS))
    assert orjson.dumps(in_key_order(as_jsonb, order)) == text.encode()


def test_objects_that_contradict_each_other_have_no_order() -> None:
    assert key_order([{"a": 1, "b": 2}, {"b": 2, "a": 1}]) is None
