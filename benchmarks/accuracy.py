"""Compares our models with boosting libraries at their defaults, in one run and on the same rows.

``python -m benchmarks.accuracy --splits 5 --challenge PATH`` prints a table for our hold-out, one for random
splits that keep the copies of a stone together, and one for the original challenge's stones and split. Our
models have their default parameters, and the numbers of trees that cross-validation finds.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from diamonds.dataset import load_dataset, stone_hashes
from diamonds.diamond import typed
from diamonds.models import REGISTRY, Estimator
from diamonds.models.ensemble import Ensemble
from diamonds.models.features import Matrix, matrix_of
from diamonds.models.spec import Prices
from diamonds.settings import PROJECT
from diamonds.training.cross_validation import CrossValidation

Predict = Callable[[Matrix], Prices]
Fit = Callable[[Matrix, Prices], Predict]
Split = tuple[pd.DataFrame, pd.DataFrame]

_MANY = 1024


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


def all_models(learn: pd.DataFrame) -> Iterator[tuple[str, Predict, float]]:
    """Our models, and those of others, each trained on the same stones."""
    for name, predict, seconds in our_models(learn):
        yield f"our {name}", predict, seconds
    for name, fit in _OTHERS.items():
        start = time.perf_counter()
        predict = fit(matrix_of(learn), learn["price"].to_numpy("float64"))
        yield name, predict, time.perf_counter() - start


def judged(predict: Predict, judge: pd.DataFrame) -> list[float]:
    """MAE and RMSE in USD, R2, and microseconds for a quote: one alone, and one of 1,024."""
    matrix, price_usd = matrix_of(judge), judge["price"].to_numpy("float64")
    error = predict(matrix) - price_usd
    r2 = 1 - (error**2).sum() / ((price_usd - price_usd.mean()) ** 2).sum()
    many = np.resize(matrix, (_MANY, matrix.shape[1]))
    times = [_microseconds(predict, matrix[:1], 50), _microseconds(predict, many, 5)]
    return [float(np.abs(error).mean()), float(np.sqrt((error**2).mean())), float(r2), *times]


def _microseconds(predict: Predict, matrix: Matrix, times: int) -> float:
    """The shortest time of a stone: other load of the machine only makes it longer."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        predict(matrix)
        taken.append(time.perf_counter() - start)
    return min(taken) * 1e6 / len(matrix)


def print_table(title: str, splits: list[Split]) -> None:
    """The mean results of each contender over the splits."""
    print(f"\n{title}\n\n| model | MAE | RMSE | R2 | one quote, us | one of {_MANY:,}, us | training, s |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    results: dict[str, list[list[float]]] = {}
    for learn, judge in splits:
        for name, predict, seconds in all_models(learn):
            results.setdefault(name, []).append([*judged(predict, judge), seconds])
    for name, values in results.items():
        mae, rmse, r2, one_us, many_us, seconds = np.mean(values, axis=0)
        print(
            f"| {name} | {mae:.1f} | {rmse:.1f} | {r2:.4f} | {one_us:.0f} | {many_us:.1f} | {seconds:.0f} |"
        )


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=0, help="number of random splits")
    parser.add_argument("--challenge", type=Path, help="the stones of the original challenge")
    arguments = parser.parse_args()
    dataset = load_dataset(PROJECT / "data" / "diamonds.csv")
    if arguments.challenge:
        print_table("The challenge's own stones and split", [challenge_split(arguments.challenge)])
    print_table("Our hold-out", [(dataset.training, dataset.hold_out)])
    if arguments.splits:
        stones = pd.concat([dataset.training, dataset.hold_out], ignore_index=True)
        print_table(f"{arguments.splits} random splits", list(random_splits(stones, arguments.splits)))


if __name__ == "__main__":
    main()
