"""A search is cross-validated, and goes on where it stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.storages._rdb.models import BaseModel
from optuna.trial import TrialState

from diamonds.database import database_url, engine, running
from diamonds.dataset import Dataset, load_dataset
from diamonds.dataset.split import FOLDS, fold_of, stone_hashes
from diamonds.models import spec_named
from diamonds.training.cross_validation import CrossValidation
from diamonds.training.former_trials import TAKEN_OVER
from diamonds.training.tuning import Search

LIGHT = {"learning_rate": 0.1, "max_depth": 5}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with running():
        yield database_url()


@pytest.fixture(scope="module")
def fewer(dataset: Dataset) -> pd.DataFrame:
    return dataset.training[::4]


@pytest.fixture(autouse=True)
def quiet_optuna() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def search(stones: pd.DataFrame, study: str, storage: str | None = None, **start: float) -> Search:
    return Search(
        spec_named("xgboost"), stones, study, seed=0, storage=storage, start=[start] if start else []
    )


def finished(study: str, storage: str) -> list[optuna.trial.FrozenTrial]:
    trials = optuna.load_study(study_name=study, storage=storage).trials
    return [trial for trial in trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]


def test_no_stone_is_priced_by_a_model_that_saw_a_copy_of_it(fewer: pd.DataFrame) -> None:
    copies = pd.concat([fewer, fewer], ignore_index=True)
    fold = fold_of(stone_hashes(copies))

    validated = CrossValidation(spec_named("linear"), copies, seed=0).validate({})

    half = len(fewer)
    assert (fold[:half] == fold[half:]).all()
    assert set(fold) == set(range(FOLDS))
    assert validated.out_of_fold[:half] == pytest.approx(validated.out_of_fold[half:])


def test_a_search_is_at_least_as_good_as_its_first_trial(fewer: pd.DataFrame) -> None:
    trials: list[tuple[int, int]] = []

    tuned = search(fewer, "some").run(4, on_trial=lambda *done: trials.append(done))

    assert trials == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(tuned.history) == 4
    assert tuned.best.mae_usd == min(tuned.history) <= tuned.history[0]
    error = np.abs(tuned.best.out_of_fold - fewer["price"])
    assert error.mean() == pytest.approx(tuned.best.mae_usd)


def test_the_number_of_trees_is_decided_by_stones_that_were_not_learned_from(fewer: pd.DataFrame) -> None:
    tuned = search(fewer, "trees").run(1)

    assert 20 < tuned.best.parameters["n_estimators"] < 1500


def test_the_previous_best_is_tried_first(fewer: pd.DataFrame, postgres: str) -> None:
    search(fewer, "warm", postgres, **LIGHT).run(1)

    (trial,) = finished("warm", postgres)
    assert trial.params["max_depth"] == 5
    assert trial.params["learning_rate"] == 0.1


def test_hopeless_trials_are_given_up_early(fewer: pd.DataFrame, postgres: str) -> None:
    search(fewer, "pruned", postgres).run(9)

    states = [trial.state for trial in finished("pruned", postgres)]
    assert states.count(TrialState.PRUNED) > 1


def test_a_search_that_was_finished_is_not_done_again(fewer: pd.DataFrame, postgres: str) -> None:
    first = search(fewer, "twice", postgres).run(2)
    before = [trial.datetime_complete for trial in finished("twice", postgres)]

    again = search(fewer, "twice", postgres).run(2)

    assert [trial.datetime_complete for trial in finished("twice", postgres)] == before
    assert again.best.parameters == first.best.parameters
    assert (again.best.out_of_fold == first.best.out_of_fold).all()


def test_minutes_end_a_search_too(fewer: pd.DataFrame) -> None:
    started = time.monotonic()

    tuned = search(fewer, "short").run(10_000, minutes=0.02)

    assert time.monotonic() - started < 60
    assert 1 <= len(tuned.history) < 10_000


def test_a_search_killed_half_way_goes_on_without_losing_or_repeating_a_trial(
    few_stones: Path, postgres: str
) -> None:
    script = (
        "import sys\n"
        "from diamonds.dataset import load_dataset\n"
        "from tests.training.test_tuning import search\n"
        "stones = load_dataset(sys.argv[1]).training[::4]\n"
        "search(stones, 'killed', sys.argv[2]).run(8, on_trial=lambda done, total: print(done, flush=True))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(few_stones), postgres],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    while process.stdout.readline() != "3\n":
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = {trial.number: trial for trial in finished("killed", postgres)}

    search(load_dataset(few_stones).training[::4], "killed", postgres).run(8)

    after = {trial.number: trial for trial in finished("killed", postgres)}
    assert len(before) >= 3
    assert {number: after[number] for number in before} == before
    assert len(after) == 8
    assert len({str(trial.params) for trial in after.values()}) == 8


FIRST_START = """
import sys
from diamonds.database import database_url
from diamonds.models import spec_named
from diamonds.training.tuning import Search

sys.stdin.readline()
print(Search(spec_named("xgboost"), None, "first", seed=0, storage=database_url()).opened().study_name)
"""


def test_of_six_first_starts_at_once_one_makes_the_tables_of_the_studies(postgres: str) -> None:
    with engine().begin() as connection:
        tables = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for name in [name for name in tables.scalars() if name in optuna_tables()]:
            connection.exec_driver_sql(f"DROP TABLE {name} CASCADE")
    command, pipe = [sys.executable, "-c", FIRST_START], subprocess.PIPE
    with ExitStack() as stack:
        starting = (subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(6))
        processes = [stack.enter_context(each) for each in starting]
        for each in processes:
            print("now", file=each.stdin, flush=True)
        opened = [each.communicate()[0] for each in processes]

    assert opened == ["first\n"] * 6


def optuna_tables() -> set[str]:
    return {*BaseModel.metadata.tables, "alembic_version"}


def test_trials_of_the_study_before_guide_the_search_where_they_fit_and_count_for_nothing_else(
    fewer: pd.DataFrame, tmp_path: Path
) -> None:
    storage = f"sqlite:///{tmp_path / 'studies'}"
    before, now = "xgboost on feed, seed 0, code before", "xgboost on feed, seed 0, code now"
    stones = fewer[:150]
    search(stones, before, storage, **LIGHT).run(2)
    misfit = optuna.load_study(study_name=before, storage=storage)
    misfit.add_trial(optuna.create_trial(params={}, distributions={}, value=0.0))

    tuned = search(stones, now, storage, **LIGHT).run(2)

    trials = optuna.load_study(study_name=now, storage=storage).trials
    taken_over = [trial for trial in trials if trial.user_attrs == {TAKEN_OVER: before}]
    assert len(taken_over) == 2
    assert len(trials) == 4
    assert len(tuned.history) == 2
    search(stones, now, storage).run(2)
    assert len(optuna.load_study(study_name=now, storage=storage).trials) == 4, "Nothing is taken over again."
