"""What changed: the clients behind a drift are named by user agent and by key, and exchanges once."""

from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from diamonds.monitoring.changes import change, price_change
from diamonds.monitoring.drift import MEASURE, Column
from diamonds.monitoring.record import calls_frame

STONE = {"cut": "Ideal", "color": "G", "clarity": "VS2", "price": 2000.0, "status": 200}
USUAL = Column(MEASURE, np.linspace(0.3, 2.0, 500))


def calls(agent: str | None, key: str | None, carat: float, number: int) -> list[dict[str, Any]]:
    return [
        {**STONE, "id": uuid4(), "carat": carat + each / 1e4, "user_agent": agent, "key_name": key}
        for each in range(number)
    ]


def clients(rows: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    found = change("carat", USUAL, calls_frame(rows))
    assert found is not None
    return {each.name: (round(each.share, 2), round(each.usual, 2)) for each in found.clients}


def test_one_key_among_clients_of_the_same_program_is_named() -> None:
    everyday = [*calls("shop/2", "Ann", 0.6, 60), *calls("shop/2", None, 1.1, 40)]
    assert clients([*everyday, *calls("shop/2", "Bob", 3.5, 100)]) == {"key Bob": (1.0, 0.5)}


def test_who_sends_nearly_all_is_named_though_its_share_cannot_grow() -> None:
    assert clients([*calls("dealer/1", None, 3.5, 99), *calls("shop/2", None, 0.6, 1)]) == {
        "dealer/1": (1.0, 0.99)
    }


def test_calls_without_any_name_are_a_client_too() -> None:
    rows = [*calls("shop/2", None, 0.6, 60), *calls(None, None, 3.5, 60)]
    assert clients(rows) == {"(none)": (1.0, 0.5)}


def test_a_batch_with_many_of_the_stones_is_one_exchange_to_open() -> None:
    batch = [{**row, "id": "batch"} for row in calls("shop/2", None, 3.5, 50)]
    found = change("carat", USUAL, calls_frame([*batch, *calls("shop/2", None, 3.5, 1)]))
    assert found is not None
    assert len(found.examples) == len(set(found.examples)) == 2


@pytest.mark.parametrize("sales", [0, 1])
def test_a_change_of_prices_that_nobody_can_tell_is_none(sales: int) -> None:
    rows = calls_frame(calls("shop/2", None, 1.0, 3))
    unknown = price_change({}, rows, np.zeros(sales))
    assert (unknown.mix, unknown.market) == (None, None)
    nothing = price_change({}, rows.head(0), np.zeros(sales))
    assert nothing.mix is None
