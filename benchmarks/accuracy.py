"""Compares our models with those of others, trained in one run and on the same rows.

``python -m benchmarks.accuracy --splits 5 --challenge PATH`` prints a table for our hold-out, one for random
splits that keep the copies of a stone together, and one for the original challenge's stones and split. Our
models have their default parameters, and the numbers of trees that cross-validation finds; boosting libraries
are as they come. With ``--peers tabm autogluon`` these learn, too, in environments that are made for them.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from benchmarks.accuracy_peers import PEERS, Peers
from benchmarks.judging import MANY, Predict, judged
from benchmarks.tables import print_header, print_row
from diamonds.dataset import load_dataset, stone_hashes
from diamonds.diamond import typed
from diamonds.models import REGISTRY, Estimator
from diamonds.models.ensemble import Ensemble
from diamonds.models.features import Matrix, matrix_of
from diamonds.models.spec import Prices
from diamonds.settings import PROJECT
from diamonds.training.cross_validation import CrossValidation

Fit = Callable[[Matrix, Prices], Predict]
Split = tuple[pd.DataFrame, pd.DataFrame]


def our_models(learn: pd.DataFrame) -> Iterator[tuple[str, Predict, float]]:
    """Each of our models with the seconds that its training took; the ensemble's are those of its members."""
    price_usd = learn["price"].to_numpy("float64")
    fitted: dict[str, Estimator] = {}
    out_of_fold: dict[str, Prices] = {}
    begin = time.perf_counter()
    for name, spec in REGISTRY.items():
        start = time.perf_counter()
        if spec.members:
            blend = cast(Ensemble, spec.build({}, 0))
            members = {member: fitted[member] for member in spec.members}
            prices = {member: out_of_fold[member] for member in spec.members}
            yield name, blend.blend(members, prices, price_usd).predict_matrix, time.perf_counter() - begin
            continue
        validation = CrossValidation(spec, learn, 0)
        validated = validation.without_early_stopping(validation.validate(spec.defaults or {}))
        fitted[name] = spec.build(validated.parameters, 0).fit(learn, price_usd)
        out_of_fold[name] = validated.out_of_fold
        yield name, fitted[name].predict_matrix, time.perf_counter() - start


def xgboost(matrix: Matrix, price_usd: Prices) -> Predict:
    """XGBoost as it comes."""
    from xgboost import XGBRegressor

    return XGBRegressor(n_jobs=1).fit(matrix, price_usd).predict


def lightgbm(matrix: Matrix, price_usd: Prices) -> Predict:
    """LightGBM as it comes."""
    from lightgbm import LGBMRegressor

    fitted = LGBMRegressor(n_jobs=1, verbose=-1).fit(matrix, price_usd)
    return lambda stones: np.asarray(fitted.booster_.predict(stones))


def catboost(matrix: Matrix, price_usd: Prices) -> Predict:
    """CatBoost as it comes."""
    from catboost import CatBoostRegressor

    fitted = CatBoostRegressor(thread_count=1, verbose=False, allow_writing_files=False)
    fitted.fit(matrix, price_usd)
    return lambda stones: np.asarray(fitted.predict(stones))


_OTHERS: dict[str, Fit] = {
    "XGBoost, defaults": xgboost,
    "LightGBM, defaults": lightgbm,
    "CatBoost, defaults": catboost,
}


def random_splits(stones: pd.DataFrame, number: int) -> Iterator[Split]:
    """Splits with a fifth of the stones to judge by, all copies of a stone on one side."""
    splitter = GroupShuffleSplit(number, test_size=0.2, random_state=0)
    for learn, judge in splitter.split(stones, groups=stone_hashes(stones)):
        yield stones.iloc[learn], stones.iloc[judge]


def challenge_split(path: Path) -> Split:
    """The stones and the split of the original challenge's notebook: 3,991 to learn from, 998 to judge by."""
    stones = pd.read_csv(path)
    stones = stones[(stones["price"] > 0) & (stones[["x", "y", "z"]] != 0).all(axis=1)]
    learn, judge = train_test_split(stones, test_size=0.2, random_state=42)
    return typed(learn), typed(judge)


def all_results(learn: pd.DataFrame, judge: pd.DataFrame, peers: Peers) -> Iterator[tuple[str, list[float]]]:
    """What our models and those of others reach on the same stones: see ``judged``; then seconds to train."""
    matrix, price_usd = matrix_of(judge), judge["price"].to_numpy("float64")
    for name, predict, seconds in our_models(learn):
        yield f"our {name}", [*judged(predict, matrix, price_usd), seconds]
    for name, fit in _OTHERS.items():
        start = time.perf_counter()
        predict = fit(matrix_of(learn), learn["price"].to_numpy("float64"))
        seconds = time.perf_counter() - start
        yield name, [*judged(predict, matrix, price_usd), seconds]
    yield from peers.results(learn, judge)


def print_table(title: str, splits: list[Split], peers: Peers) -> None:
    """The mean results of each contender over the splits; the last of our models is the ensemble."""
    print(f"\n{title}\n")
    times = ("one quote, us", f"one of {MANY:,}, us", "training, s")
    print_header("model", "MAE", "ratio", "RMSE", "R2", *times)
    results: dict[str, list[list[float]]] = {}
    for learn, judge in splits:
        for name, values in all_results(learn, judge, peers):
            results.setdefault(name, []).append(values)
    ensemble_mae = np.mean(results["our ensemble"], axis=0)[0]
    for name, rows in results.items():
        mae, rmse, r2, one_us, many_us, seconds = np.mean(rows, axis=0)
        errors = f"{mae:.1f}", f"{mae / ensemble_mae:.3f}", f"{rmse:.1f}", f"{r2:.4f}"
        print_row([name, *errors, f"{one_us:.0f}", f"{many_us:.1f}", f"{seconds:.0f}"])


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=0, help="number of random splits")
    parser.add_argument("--challenge", type=Path, help="the stones of the original challenge")
    parser.add_argument("--peers", choices=PEERS, nargs="+", default=[])
    parser.add_argument("--minutes", type=float, default=60, help="the longest training of a peer")
    parser.add_argument("--members", type=int, help="members of TabM, if not as published")
    parser.add_argument("--width", type=int, help="width of TabM's layers, if not as published")
    arguments = parser.parse_args()
    peers = Peers(arguments.peers, arguments.minutes, arguments.members, arguments.width)
    dataset = load_dataset(PROJECT / "data" / "diamonds.csv")
    if arguments.challenge:
        print_table("The challenge's own stones and split", [challenge_split(arguments.challenge)], peers)
    print_table("Our hold-out", [(dataset.training, dataset.hold_out)], peers)
    if arguments.splits:
        stones = pd.concat([dataset.training, dataset.hold_out], ignore_index=True)
        print_table(f"{arguments.splits} random splits", list(random_splits(stones, arguments.splits)), peers)


if __name__ == "__main__":
    main()
