"""Counts false alarms of drift in quiet months, and how often stated shifts are found in time.

Prints two tables: ``python -m benchmarks.drift``; with ``--evidently PYTHON``, an interpreter that has
Evidently, also what its defaults say of the same windows.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.tables import print_header, print_row
from diamonds.dataset import load_dataset
from diamonds.models import spec_named
from diamonds.models.features import matrix_of
from diamonds.monitoring.columns import quote_columns, reference, sale_columns
from diamonds.monitoring.drift import SHARE, WINDOW_STONES, WINDOWS, Finding, Reference, Values, alarms
from diamonds.settings import PROJECT

MONTHS, DAYS, TRIALS = 500, 30, 200
SALES = 200
IN_TIME = 3
"""Number of windows within which a shift has to be found."""
CLIENT_SHARE = 0.15
EVIDENTLY_WINDOWS = 40

Shift = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def quiet(window: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    return window


def heavier(window: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    return window.assign(carat=window["carat"] * 1.1)


def more_of_a_clarity(window: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """A window in which the grade VVS1 is twice as frequent."""
    weights = np.where(window["clarity"] == "VVS1", 2.3, 1.0)
    return window.iloc[generator.choice(len(window), len(window), p=weights / weights.sum())]


def dearer_sales(window: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    return window.assign(sale=window["sale"] * 1.05)


def centimetres(window: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """A window in which one client of seven sends its dimensions in cm."""
    broken = generator.random(len(window)) < CLIENT_SHARE
    return window.assign(**{axis: window[axis].where(~broken, window[axis] / 10) for axis in "xyz"})


SHIFTS: dict[str, Shift] = {
    "carat +10%": heavier,
    "VVS1 twice as frequent": more_of_a_clarity,
    "sale prices +5%": dearer_sales,
    f"dimensions in cm at a client with {CLIENT_SHARE:.0%} of the calls": centimetres,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--evidently", help="Python of an environment with Evidently.")
    arguments = parser.parse_args()
    compared, live = market()
    generator = np.random.default_rng(1)
    false = sum(raises_alarm(compared, live, generator) for _ in range(arguments.months))
    print(f"quiet months with an alarm: {false} of {arguments.months} ({false / arguments.months:.1%})")
    print()
    print_header("shift", f"found within {IN_TIME} windows")
    for name, shift in SHIFTS.items():
        found = sum(is_found(compared, live, shift, generator) for _ in range(arguments.trials))
        print_row([name, f"{found / arguments.trials:.1%}"])
    if arguments.evidently:
        show_evidently(arguments.evidently, compared, live, generator)


def market() -> tuple[Reference, pd.DataFrame]:
    """The reference of a model that learned from two fifths of the stones, and the stones that clients bring.

    A fifth is held out; the others come as quotes, with what they were sold for in ``sale``.
    """
    dataset = load_dataset(PROJECT / "data" / "diamonds.csv")
    stones = pd.concat([dataset.training, dataset.hold_out]).sample(frac=1, random_state=0)
    fifth = len(stones) // 5
    learned, held_out, live = stones[: 2 * fifth], stones[2 * fifth : 3 * fifth], stones[3 * fifth :]
    spec = spec_named("xgboost")
    parameters = {**(spec.defaults or {}), "n_estimators": 150, "learning_rate": 0.1}
    estimator = spec.build(parameters, 0).fit(learned, learned["price"].to_numpy("float64"))
    held_out = held_out.assign(predicted=estimator.predict_matrix(matrix_of(held_out)))
    generator = np.random.default_rng(0)
    live = live.rename(columns={"price": "sale"}).assign(price=estimator.predict_matrix(matrix_of(live)))
    live = live.assign(refused=False, warned=False)
    past = calls(live, 5_000, generator)
    return reference(learned, held_out, quote_columns(past)), live


def calls(live: pd.DataFrame, number: int, generator: np.random.Generator) -> pd.DataFrame:
    """So many calls, of which 3% are refused and 2% warned, and 5% know neither depth nor table."""
    window = live.iloc[generator.integers(0, len(live), number)].reset_index(drop=True)
    bare = generator.random(number) < 0.05
    return window.assign(
        refused=generator.random(number) < 0.03,
        warned=generator.random(number) < 0.02,
        depth=window["depth"].where(~bare),
        table=window["table"].where(~bare),
    )


def columns_of(window: pd.DataFrame) -> dict[str, Values]:
    sold = window.head(SALES).assign(predicted=lambda rows: rows["price"], price=lambda rows: rows["sale"])
    return {**quote_columns(window), **sale_columns(sold)}


def windows(
    compared: Reference, live: pd.DataFrame, shift: Shift, number: int, generator: np.random.Generator
) -> Iterator[list[Finding]]:
    for _ in range(number):
        window = shift(calls(live, WINDOW_STONES + 100, generator), generator)
        yield compared.compare(columns_of(window))


def raises_alarm(compared: Reference, live: pd.DataFrame, generator: np.random.Generator) -> bool:
    """Whether any day of a quiet month raises an alarm."""
    month = list(windows(compared, live, quiet, DAYS, generator))
    return any(alarms(month[: day + 1]) for day in range(DAYS))


def is_found(compared: Reference, live: pd.DataFrame, shift: Shift, generator: np.random.Generator) -> bool:
    """Whether a shift raises an alarm within the first windows, after quiet ones."""
    before = list(windows(compared, live, quiet, WINDOWS - IN_TIME, generator))
    return bool(alarms([*before, *windows(compared, live, shift, IN_TIME, generator)]))


def show_evidently(
    python: str, compared: Reference, live: pd.DataFrame, generator: np.random.Generator
) -> None:
    """Prints in how many windows Evidently finds drift; its defaults look at one window alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns = {
            key: pd.Series(column.values) for key, column in compared.columns.items() if column.kind != SHARE
        }
        pd.DataFrame(columns).to_csv(folder / "reference.csv", index=False)
        for kind, shift in {"quiet": quiet, **SHIFTS}.items():
            (folder / kind).mkdir()
            for number in range(EVIDENTLY_WINDOWS):
                window = columns_of(shift(calls(live, WINDOW_STONES + 100, generator), generator))
                frame = pd.DataFrame({key: pd.Series(window[key][:WINDOW_STONES]) for key in columns})
                frame.to_csv(folder / kind / f"{number}.csv", index=False)
        script = str(PROJECT / "benchmarks" / "peers" / "evidently_defaults.py")
        done = subprocess.run([python, script, name], capture_output=True, text=True, check=True)
    print()
    print_header("windows", "Evidently: any column drifted", "Evidently: dataset drifted")
    for kind, (column, dataset) in json.loads(done.stdout.splitlines()[-1]).items():
        print_row([kind, f"{column:.0%}", f"{dataset:.0%}"])


if __name__ == "__main__":
    main()
