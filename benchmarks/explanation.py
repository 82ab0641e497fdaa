"""Times the explanation of a price, for every model in the store, against XGBoost's own TreeSHAP.

python -m benchmarks.explanation [--stones 200]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

import xgboost as xgb

from diamonds.dataset import load_dataset
from diamonds.diamond import FEATURES, Diamond
from diamonds.models import REGISTRY
from diamonds.models.features import derived, rows_of
from diamonds.models.xgboost import Boosting
from diamonds.pricing.explanation import explain
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import settings
from diamonds.versions import store


def stones(number: int) -> list[Diamond]:
    """Stones of the hold-out, with all their measures."""
    frame = load_dataset(settings().data).hold_out[list(FEATURES)].dropna().head(number)
    return [Diamond.model_validate(row) for row in frame.to_dict("records")]


def tree_shap(booster: xgb.Booster, stone: Diamond) -> object:
    return booster.predict(xgb.DMatrix(derived(rows_of([stone]))), pred_contribs=True)


def show(name: str, call: Callable[[Diamond], object], asked: Sequence[Diamond]) -> float:
    seconds = []
    for stone in asked:
        started = time.perf_counter()
        call(stone)
        seconds.append(time.perf_counter() - started)
    median, worst = statistics.median(seconds), statistics.quantiles(seconds, n=100)[-1]
    print(f"{name:<24} median {median * 1e3:6.2f} ms   p99 {worst * 1e3:6.2f} ms")
    return median


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stones", type=int, default=200)
    asked = stones(parser.parse_args().stones)
    for name in REGISTRY:
        for version in store.versions(name)[:1]:
            pricer = load_pricer(version)
            explain(pricer, asked[0])  # works out its orders once
            ours = show(name, partial(explain, pricer), asked)
            if isinstance(pricer.estimator, Boosting):
                theirs = show("XGBoost's TreeSHAP", partial(tree_shap, pricer.estimator.booster_), asked)
                print(f"  {theirs / ours:.1f} times as fast as TreeSHAP of the same trees")


if __name__ == "__main__":
    main()
