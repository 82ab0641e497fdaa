"""Runs blocking work in threads: a pool for each kind of work, so that one kind never holds up another."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

PARSING = ThreadPoolExecutor(2, thread_name_prefix="parsing")
"""Large bodies."""
PRICES = ThreadPoolExecutor(2, thread_name_prefix="prices")
"""Batches and explanations."""
MODEL_STORE = ThreadPoolExecutor(4, thread_name_prefix="model-store")
"""What is read from the model store, and promotions."""
FILES = ThreadPoolExecutor(2, thread_name_prefix="files")
"""Uploads, downloads and comparisons of versions, which take seconds."""
LOADING = ThreadPoolExecutor(2, thread_name_prefix="loading")
"""Models that are quoted by name for the first time."""
CHAMPION = ThreadPoolExecutor(1, thread_name_prefix="champion")
"""Following promotions."""
SHARED_STORE = ThreadPoolExecutor(1, thread_name_prefix="shared-store")
"""Following the model store that several machines share, also while it hangs."""
DATABASE = ThreadPoolExecutor(4, thread_name_prefix="database")
"""Reading exchanges and storing feedback, also while the database hangs."""


async def run_in(pool: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of the function, called in a thread of the pool with the context variables of the caller."""
    call = partial(copy_context().run, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(pool, call)
