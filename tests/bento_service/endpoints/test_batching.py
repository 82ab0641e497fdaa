import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from bento_service.endpoints.batching import Batcher
from diamonds.diamond import Diamond
from diamonds.models import Estimator
from diamonds.models.features import Matrix
from diamonds.models.spec import Prices, Unseen
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.versions.version import Version

SECONDS_OF_A_BATCH = 0.05


class Watched(Estimator):
    """A real estimator, slowed down: notes how many stones came together, and says when a batch begins."""

    def __init__(self, estimator: Estimator) -> None:
        self.estimator = estimator
        self.batches: list[int] = []
        self.begins: Callable[[], object] = lambda: None

    def fit_matrix(
        self,
        matrix: Matrix,
        price_usd: Prices,
        unseen: Unseen | None = None,
        row_weight: Prices | None = None,
    ) -> Self:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        raise NotImplementedError

    def predict_matrix(self, matrix: Matrix) -> Prices:
        self.batches.append(len(matrix))
        self.begins()
        time.sleep(SECONDS_OF_A_BATCH)
        return self.estimator.predict_matrix(matrix)


@pytest.fixture
def estimator(linear: Version) -> Watched:
    return Watched(load_pricer(linear).estimator)


@pytest.fixture
def pricer(linear: Version, estimator: Watched) -> Pricer:
    return replace(load_pricer(linear), estimator=estimator)


def stone(carat: float) -> Diamond:
    return Diamond.model_validate({"carat": carat, "cut": "Ideal", "color": "G", "clarity": "VS2"})


async def ask(batcher: Batcher, pricer: Pricer, carats: list[float]) -> list[float]:
    """The prices of stones that one client asks for, one after the other."""
    prices = []
    for carat in carats:
        quotes, place = await batcher.quote(pricer, stone(carat))
        prices.append(quotes.price[place])
    return prices


def test_each_of_those_who_ask_at_once_gets_the_price_of_its_own_stone(
    pricer: Pricer, estimator: Watched
) -> None:
    async def ask_at_once() -> list[list[float]]:
        batcher = Batcher()
        return await asyncio.gather(*(ask(batcher, pricer, [carat]) for carat in carats))

    carats = [0.3, 2.0, 0.7, 1.2]
    asked = asyncio.run(ask_at_once())

    assert asked == [[price] for price in pricer.prices_usd([stone(carat) for carat in carats])]
    assert estimator.batches[0] == 4


def test_who_asks_alone_waits_for_nobody(pricer: Pricer, estimator: Watched) -> None:
    turns = 0  # of the event loop, which goes on turning while somebody is waited for

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def ask_alone() -> list[int]:
        batcher, counting = Batcher(), asyncio.ensure_future(count_turns())
        taken = []
        for carat in (0.3, 0.4, 0.5):
            before = turns
            await ask(batcher, pricer, [carat])
            taken.append(turns - before)
            await asyncio.sleep(0.001)  # the way to the client and back
        counting.cancel()
        return taken

    assert max(asyncio.run(ask_alone())) < 10
    assert estimator.batches == [1, 1, 1]


def test_those_who_came_during_a_batch_are_quoted_together_with_those_who_come_back(
    pricer: Pricer, estimator: Watched
) -> None:
    async def ask_in_two_groups() -> None:
        batcher = Batcher()
        later: list[asyncio.Future[list[float]]] = []

        def second_group_comes() -> None:
            estimator.begins = lambda: None
            later.extend(asyncio.ensure_future(ask(batcher, pricer, [1.0] * 3)) for _ in range(2))

        estimator.begins = second_group_comes
        await asyncio.gather(*(ask(batcher, pricer, [0.5] * 3) for _ in range(3)))
        await asyncio.gather(*later)

    asyncio.run(ask_in_two_groups())

    assert estimator.batches == [3, 5, 5, 2]


def test_those_who_do_not_come_back_are_waited_for_a_moment_only(pricer: Pricer, estimator: Watched) -> None:
    async def ask_in_two_groups() -> None:
        batcher = Batcher()
        later: list[asyncio.Future[list[float]]] = []

        def second_group_comes() -> None:
            estimator.begins = lambda: None
            later.append(asyncio.ensure_future(ask(batcher, pricer, [1.0])))

        estimator.begins = second_group_comes
        await ask(batcher, pricer, [0.5])
        await asyncio.wait_for(later[0], timeout=60)

    asyncio.run(ask_in_two_groups())

    assert estimator.batches == [1, 1]


def test_each_hears_of_what_went_wrong_and_the_next_is_quoted(pricer: Pricer, estimator: Watched) -> None:
    def fail() -> None:
        estimator.begins = lambda: None
        raise RuntimeError("as the test asked")

    async def ask_twice() -> tuple[list[object], list[float]]:
        batcher = Batcher()
        estimator.begins = fail
        failed = await asyncio.gather(
            *(ask(batcher, pricer, [1.0]) for _ in range(2)), return_exceptions=True
        )
        return list(failed), await ask(batcher, pricer, [1.0])

    failed, prices = asyncio.run(ask_twice())

    assert [str(each) for each in failed] == ["as the test asked"] * 2
    assert prices == pricer.prices_usd([stone(1.0)])
