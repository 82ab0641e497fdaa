"""Times the explanation of a price, for every model in the store, against XGBoost's own TreeSHAP.

python -m benchmarks.explanation [--stones 200]
"""

import statistics
from functools import partial

import xgboost as xgb

from benchmarks.command_line import parser_for
from benchmarks.timing import print_durations, timed_each
from diamonds.dataset import load_dataset
from diamonds.diamond import FEATURES, Diamond
from diamonds.models import REGISTRY
from diamonds.models.features import derived, rows_of
from diamonds.models.xgboost import Boosting
from diamonds.pricing.explanation import explain
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import settings
from diamonds.versions import store


def hold_out(number: int) -> list[Diamond]:
    """Stones of the hold-out, with all their measures."""
    frame = load_dataset(settings().data).hold_out[list(FEATURES)].dropna().head(number)
    return [Diamond.model_validate(row) for row in frame.to_dict("records")]


def tree_shap(booster: xgb.Booster, stone: Diamond) -> object:
    return booster.predict(xgb.DMatrix(derived(rows_of([stone]))), pred_contribs=True)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--stones", type=int, default=200)
    stones = hold_out(parser.parse_args().stones)
    for name in REGISTRY:
        for version in store.versions(name)[:1]:
            pricer = load_pricer(version)
            explain(pricer, stones[0])  # computes what is cached for all explanations
            ours = timed_each(partial(explain, pricer), stones)
            print_durations(name, ours)
            if isinstance(pricer.estimator, Boosting):
                theirs = timed_each(partial(tree_shap, pricer.estimator.booster_), stones)
                print_durations("XGBoost's TreeSHAP", theirs)
                ratio = statistics.median(theirs) / statistics.median(ours)
                print(f"  {ratio:.1f} times as fast as TreeSHAP of the same trees")


if __name__ == "__main__":
    main()
