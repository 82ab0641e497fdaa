"""The processes that train: how many run at once, how they start, and when they end."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.context import BaseContext
from pathlib import Path

from diamonds.resources import cores, memory_bytes

MEMORY_BYTES = 10**9
"""What is kept free for each training, and for all else, in bytes; 53,940 stones take half of it."""

_LIBRARIES = (
    "bentoml", "matplotlib.backends.backend_agg", "matplotlib.figure", "optuna", "pandas", "scipy.optimize",
    "sklearn.ensemble", "skops.io", "sqlalchemy", "xgboost",
)  # fmt: skip
"""What most trainings import for longer than many a model is trained.

Not Polars, one of whose threads would be missing in a copy: https://docs.pola.rs/user-guide/misc/multiprocessing/
"""


def models_at_once() -> int:
    """How many models are trained at once: one for each core, as far as there is memory for them."""
    return max(1, min(cores(), memory_bytes() // MEMORY_BYTES - 1))


def copies_with(*libraries: str) -> BaseContext:
    """Starts processes as copies of one that has imported what trainings import, and these libraries.

    Elsewhere than on Linux each process imports them itself: the libraries of macOS do not bear to be copied.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_LIBRARIES, *libraries])
    return context


class EnvironmentNow:
    """Arrives in a process as the environment of the one that starts it, as that is then."""

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        return dict, (dict(os.environ),)


def begin_with(environment: Mapping[str, str]) -> None:
    """Begins a process that trains with this environment: what was copied may have an older one.

    It ends with its parent, and before others where memory runs out: a training can be repeated; prices,
    exchanges and Prefect's server are not to end for one.
    """
    os.environ.clear()
    os.environ.update(environment)
    with suppress(OSError):  # elsewhere than on Linux there is no such file
        Path("/proc/self/oom_score_adj").write_text("500")
    end_with_parent()


def end_with_parent() -> None:
    """Ends this process with the one that started it, even where that is killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
