"""One kind of blocking work never holds up another: each has threads of its own."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from bento_service.endpoints.loaded_models import loaded_models
from bento_service.http import threads
from bento_service.http.app import Api
from bento_service.routes import ROUTES
from diamonds.versions import store
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE

PATIENCE_S = 60.0
MORE_THAN_ANY_POOL_HAS = 8
QUOTE = {**STONE, "model": "linear"}
BATCH = {"diamonds": [STONE], "model": "linear"}
SLOW_PARSING = {"diamonds": [STONE] * 2_000, "model": "linear"}
CALLS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "a price": ("POST", "/predict", QUOTE),
    "a batch": ("POST", "/predict_batch", BATCH),
    "a large batch": ("POST", "/predict_batch", SLOW_PARSING),
    "an explanation": ("POST", "/explain", QUOTE),
    "models": ("GET", "/models", None),
    "a download": ("GET", "/version_files/{tag}", None),
    "exchanges": ("GET", "/exchanges?limit=1", None),
}
HELD = {
    "PARSING": {"a large batch"},
    "PRICES": {"a batch", "a large batch", "an explanation"},
    "MODEL_STORE": {"models"},
    "FILES": {"a download"},
    "LOADING": set(),
    "CHAMPION": set(),
    "SHARED_STORE": set(),
    "DATABASE": {"exchanges"},
}


async def no_app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("The API answers its own paths.")


@contextmanager
def held(pool: ThreadPoolExecutor) -> Iterator[None]:
    """Keeps all threads of a pool busy."""
    release = threading.Event()
    for _ in range(MORE_THAN_ANY_POOL_HAS):
        pool.submit(release.wait, PATIENCE_S)
    try:
        yield
    finally:
        release.set()


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize("kind", HELD)
def test_what_is_held_up_is_only_work_of_that_kind(kind: str, linear: Version) -> None:
    async def answered() -> set[str]:
        await loaded_models.pricer("linear")
        transport = httpx.ASGITransport(Api(no_app, ROUTES))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            with held(getattr(threads, kind)):
                tasks = {
                    asyncio.create_task(client.request(method, path.format(tag=linear.tag), json=body)): name
                    for name, (method, path, body) in CALLS.items()
                }
                others = [task for task, name in tasks.items() if name not in HELD[kind]]
                await asyncio.wait(others, timeout=PATIENCE_S)
                names = {tasks[task] for task in tasks if task.done()}
            responses = await asyncio.gather(*tasks)
        assert {response.status_code for response in responses} == {200}
        return names

    assert store.get(linear.tag).folder == linear.folder
    assert asyncio.run(answered()) == set(CALLS) - HELD[kind]


def test_all_blocking_work_of_the_service_has_a_pool() -> None:
    pools = {name for name, value in vars(threads).items() if isinstance(value, ThreadPoolExecutor)}
    assert pools == set(HELD)
