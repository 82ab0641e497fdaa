"""Compares the tuning of parameters with a plain search: a hundred trials on a plain split.

    python -m benchmarks.tuning [--trials 100]

Both run on one thread, and are compared by their error on the hold-out, which neither saw, and by the time
that they take to reach an error in cross-validation.
"""

import time
from dataclasses import dataclass

import numpy as np
import optuna
import pandas as pd
import xgboost as xgb

from benchmarks.command_line import parser_for
from diamonds.dataset import Dataset, load_dataset
from diamonds.dataset.split import fold_of, stone_hashes
from diamonds.diamond import FEATURES
from diamonds.grades import GRADES
from diamonds.models import spec_named
from diamonds.settings import settings
from diamonds.training.tuning import Search


@dataclass(frozen=True, slots=True)
class Reached:
    """A cross-validated error, and the processor time until it was reached, in seconds."""

    mae_usd: float
    seconds: float


def plain_search(training: pd.DataFrame, trials: int) -> tuple[list[Reached], xgb.XGBRegressor]:
    """Runs trials of up to 1,000 trees on a plain split, and fits the best parameters to all stones."""
    inputs, price_usd = _categorical(training), training["price"].to_numpy("float64")
    # A fold of the other search, so that the errors of both are of the same stones.
    unseen = fold_of(stone_hashes(training)) == 0
    started, best = time.process_time(), [Reached(np.inf, 0.0)]

    def mae_usd(trial: optuna.Trial) -> float:
        model = _plain(_draw(trial))
        model.fit(inputs[~unseen], np.log(price_usd[~unseen]))
        error = float(np.abs(np.exp(model.predict(inputs[unseen])) - price_usd[unseen]).mean())
        best.append(Reached(min(error, best[-1].mae_usd), time.process_time() - started))
        return error

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(mae_usd, n_trials=trials)
    return best[1:], _plain(study.best_params).fit(inputs, np.log(price_usd))


def _draw(trial: optuna.Trial) -> dict[str, float]:
    return {
        "n_estimators": trial.suggest_int("n_estimators", 100, 1000),
        "max_depth": trial.suggest_int("max_depth", 3, 10),
        "learning_rate": trial.suggest_float("learning_rate", 1e-3, 0.3, log=True),
        "subsample": trial.suggest_float("subsample", 0.4, 0.9),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 0.9),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-8, 100.0, log=True),
        "min_child_weight": trial.suggest_int("min_child_weight", 1, 20),
    }


def _plain(parameters: dict[str, float]) -> xgb.XGBRegressor:
    return xgb.XGBRegressor(
        tree_method="hist", enable_categorical=True, n_jobs=1, random_state=0, **parameters
    )


def _categorical(stones: pd.DataFrame) -> pd.DataFrame:
    return stones[list(FEATURES)].assign(**{name: stones[name].cat.as_unordered() for name in GRADES})


def our_search(dataset: Dataset, trials: int) -> tuple[list[Reached], float]:
    """The errors that our search reaches trial by trial, and its error on the hold-out in USD."""
    started, seconds = time.process_time(), []
    spec = spec_named("xgboost")
    search = Search(spec, dataset.training, study="benchmark", seed=0)
    tuned = search.run(trials, on_trial=lambda done, total: seconds.append(time.process_time() - started))
    price_usd = dataset.training["price"].to_numpy("float64")
    model = spec.build(tuned.best.parameters, 0).fit(dataset.training, price_usd)
    best = np.minimum.accumulate(tuned.history)
    reached = [Reached(float(error), second) for error, second in zip(best, seconds, strict=True)]
    return reached, _mae(model.predict(dataset.hold_out), dataset)


def _mae(predicted: np.ndarray, dataset: Dataset) -> float:
    return float(np.abs(predicted - dataset.hold_out["price"].to_numpy("float64")).mean())


def _seconds_to(mae_usd: float, reached: list[Reached]) -> float:
    return next((each.seconds for each in reached if each.mae_usd <= mae_usd), float("inf"))


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--trials", type=int, default=100, help="Trials of the plain search.")
    parser.add_argument("--ours", type=int, default=3, help="Trials of our search.")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    dataset = load_dataset(settings().data)
    ours, our_hold_out = our_search(dataset, arguments.ours)
    plain, model = plain_search(dataset.training, arguments.trials)
    plain_hold_out = _mae(np.exp(model.predict(_categorical(dataset.hold_out))), dataset)
    goal = plain[-1].mae_usd
    plain_seconds, our_seconds = _seconds_to(goal, plain), _seconds_to(goal, ours)
    print(
        f"plain search: {len(plain)} trials, {plain[-1].seconds:.0f} s, hold-out MAE {plain_hold_out:.1f} USD"
    )
    print(f"our search: {len(ours)} trials, {ours[-1].seconds:.0f} s, hold-out MAE {our_hold_out:.1f} USD")
    print(f"to reach a validated MAE of {goal:.1f} USD: {plain_seconds:.0f} s against {our_seconds:.0f} s,")
    print(f"{plain_seconds / our_seconds:.1f} times as fast (processor time, one thread)")


if __name__ == "__main__":
    main()
