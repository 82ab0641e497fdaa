"""Grows XGBoost's trees on all workers of a Dask cluster, each of which has a part of the stones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from diamonds.models.features import DERIVED, Matrix, derived
from diamonds.models.spec import Prices
from diamonds.settings import settings

if TYPE_CHECKING:
    import xgboost as xgb
    from dask import array as da
    from distributed import Client
    from xgboost.dask import DaskQuantileDMatrix

PART_ROWS = 500_000
"""Maximum number of stones that a worker derives features of at once."""
_LONGEST_WAIT_S = 12 * 3600
"""How long workers wait for one another: some may first have to end the training of another model."""


def is_for_the_cluster(rows: int) -> bool:
    """Whether so many stones are learned from on the cluster of the settings."""
    return settings().dask_scheduler is not None and rows > settings().dask_rows


@dataclass(frozen=True, slots=True)
class Rows:
    """Stones with the log of their prices and their weights, all of the same length."""

    matrix: Matrix
    log_price: Prices
    weight: Prices


def train_on_cluster(
    parameters: Mapping[str, Any], trees: int, rows: Rows, unseen: Rows | None, *, bins: int, patience: int
) -> "xgb.Booster":
    """The booster that ``xgboost.train`` would grow, up to how workers sum what they found.

    With ``unseen`` stones it ends ``patience`` trees after their error was the least.
    """
    from xgboost import dask as cluster
    from xgboost.collective import Config

    with _client() as client:
        learned = _dealt(client, rows, bins)
        watched = None
        if unseen is not None:
            watched = [(_dealt(client, unseen, bins, like=learned), "unseen")]
        grown = cluster.train(
            client,
            dict(parameters),
            learned,
            num_boost_round=trees,
            evals=watched,
            early_stopping_rounds=patience if watched else None,
            verbose_eval=False,
            coll_cfg=Config(timeout=_LONGEST_WAIT_S),
        )
    booster: xgb.Booster = grown["booster"]
    return booster


@contextmanager
def _client() -> "Iterator[Client]":
    """A client of the cluster; a worker leaves its place to another task while it uses it."""
    from distributed import Client, get_worker, worker_client

    try:
        get_worker()
    except ValueError:
        with Client(settings().dask_scheduler, set_as_default=False) as client, client.as_current():
            yield client
    else:
        with worker_client() as client:
            yield client


def _spread(client: "Client", rows: Rows) -> "dict[str, da.Array]":
    """The stones in parts on all workers, where their features are derived."""
    from dask import array as da

    workers = len(_workers(client))
    parts = workers * -(-len(rows.matrix) // (workers * PART_ROWS))
    places = np.array_split(np.arange(len(rows.matrix)), parts)
    slices = [slice(each[0], each[-1] + 1) for each in places if len(each)]
    stones = client.scatter([rows.matrix[each] for each in slices])
    features = client.map(derived, stones, pure=False)
    chunks = [each.stop - each.start for each in slices]
    data = [
        da.from_delayed(each, (size, len(DERIVED)), "float64")
        for each, size in zip(features, chunks, strict=True)
    ]
    return {
        "data": da.concatenate(data),
        "label": _array(rows.log_price, chunks),
        "weight": _array(rows.weight, chunks),
    }


def _workers(client: "Client") -> list[str]:
    return sorted(client.scheduler_info()["workers"])


def _dealt(
    client: "Client", rows: Rows, bins: int, like: "DaskQuantileDMatrix | None" = None
) -> "DaskQuantileDMatrix":
    """The stones in bins, those of ``like`` if there is one; each worker has as many, wherever Dask put them.

    XGBoost takes the plain mean of the workers' leaf values: those of a worker with few stones, or none,
    would count as much as all others: https://xgboost.readthedocs.io/en/stable/parameter.html, absoluteerror.
    """
    from xgboost.dask import DaskQuantileDMatrix

    matrix = DaskQuantileDMatrix(client, **_spread(client, rows), max_bin=bins, ref=like)
    parts = sorted(chain(*matrix.worker_map.values()), key=lambda part: matrix.partition_order[part.key])
    workers = _workers(client)[: len(parts)]  # others may have come meanwhile
    matrix.worker_map = {each: parts[place :: len(workers)] for place, each in enumerate(workers)}
    return matrix


def _array(values: npt.NDArray[np.float64], chunks: list[int]) -> "da.Array":
    from dask import array as da

    return da.from_array(values, chunks=(tuple(chunks),))
