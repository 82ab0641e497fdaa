"""The command line of a model in another environment: learns from one Parquet file, is judged on another.

The files have a column for each property of a stone (grades as codes, unknown measures empty), and ``price``.
The last line of the output is JSON: the model's name, seconds to train, and what ``judged`` returns.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.judging import Floats, Predict, judged

GRADES = ("cut", "color", "clarity")


@dataclass(frozen=True, slots=True)
class Stones:
    """Stones with their prices in USD; ``columns`` names those of the matrix."""

    columns: list[str]
    matrix: Floats
    price_usd: Floats


@dataclass(frozen=True, slots=True)
class Budget:
    """What a training may take; ``members`` and ``width`` are None where they are as published."""

    minutes: float
    members: int | None = None
    width: int | None = None


Train = Callable[[Stones, Budget], tuple[str, Predict]]


def run(train: Train) -> None:
    """Trains and judges as the command line says; ``train`` returns the model's name and its prices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("learn", type=Path)
    parser.add_argument("judge", type=Path)
    parser.add_argument("--minutes", type=float, required=True, help="the longest time to train")
    parser.add_argument("--members", type=int, help="members of an ensemble, if not as published")
    parser.add_argument("--width", type=int, help="width of a layer, if not as published")
    arguments = parser.parse_args()
    start = time.perf_counter()
    name, predict = train(
        _read(arguments.learn), Budget(arguments.minutes, arguments.members, arguments.width)
    )
    seconds = time.perf_counter() - start
    judge = _read(arguments.judge)
    results = [*judged(predict, judge.matrix, judge.price_usd), seconds]
    print(json.dumps({"name": name, "results": results}))


def _read(path: Path) -> Stones:
    frame = pd.read_parquet(path)
    features = frame.drop(columns="price")
    return Stones(list(map(str, features)), features.to_numpy("float64"), frame["price"].to_numpy("float64"))
