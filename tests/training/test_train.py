"""Training: what a version holds, what it was not allowed to see, and how ensembles come of versions."""

from pathlib import Path

import numpy as np
import pytest

from diamonds.dataset import Dataset, without_calibration, without_report
from diamonds.evaluation.metrics import Evaluation
from diamonds.evaluation.model_card import CARD
from diamonds.evaluation.out_of_fold import OutOfFold
from diamonds.model_files.verification import check_quotes
from diamonds.models import spec_named
from diamonds.models.ensemble import Ensemble
from diamonds.models.features import matrix_of
from diamonds.models.intervals import Intervals
from diamonds.training.blending import MissingMembers
from diamonds.training.train import train_version
from diamonds.versions import store
from diamonds.versions.integrity import DamagedVersion
from diamonds.versions.version import Version
from tests.few_trees import few_trees

LABELS = {
    "model",
    "mae",
    "rmse",
    "r2",
    "mape",
    "coverage",
    "dataset",
    "rows",
    "calibration_rows",
    "reported_rows",
    "sold_until",
    "read_on",
    "seed",
    "git_commit",
    "flow_run",
}


@pytest.fixture
def version(dataset: Dataset, empty_model_store: Path) -> Version:
    return train_version(spec_named("linear"), dataset, trials=1, seed=4, flow_run="a run")


def test_labels_say_how_good_a_version_is_and_where_it_comes_from(version: Version, dataset: Dataset) -> None:
    predicted = store.load(version).predict(dataset.hold_out)

    assert set(version.labels) >= LABELS
    assert float(version.labels["mae"]) == pytest.approx(
        np.abs(predicted - dataset.hold_out["price"]).mean(), rel=1e-5
    )
    learned, apart = without_calibration(dataset.training)
    assert version.labels["rows"] == str(len(learned))
    assert version.labels["calibration_rows"] == str(len(apart))
    assert version.labels["reported_rows"] == str(len(dataset.hold_out)), "All of so few are reported on."
    assert version.labels["dataset"] == dataset.fingerprint
    assert version.labels["seed"] == "4"
    assert version.labels["flow_run"] == "a run"


def test_quotes_of_the_hold_out_are_kept_with_their_bounds(version: Version, dataset: Dataset) -> None:
    evaluation = Evaluation.load(version.folder)
    matrix = matrix_of(dataset.hold_out)

    low, high = Intervals.load(version.folder).bounds(store.load(version).predict_matrix(matrix), matrix)

    assert evaluation.stones["low"].to_numpy() == pytest.approx(low)
    assert evaluation.stones["high"].to_numpy() == pytest.approx(high)
    assert evaluation.metrics().labels().items() <= version.labels.items()


def test_a_change_of_the_hold_out_prices_changes_nothing_but_the_judgement(
    version: Version, dataset: Dataset
) -> None:
    dearer = dataset.hold_out.assign(price=dataset.hold_out["price"] * 2)
    other = Dataset(dataset.training, dearer, dataset.fingerprint, dataset.report)

    again = train_version(spec_named("linear"), other, trials=1, seed=4)

    for name in ("coefficients.json", "intervals.json"):
        assert (again.folder / name).read_bytes() == (version.folder / name).read_bytes()
    assert again.labels["mae"] != version.labels["mae"]


def test_the_card_tells_errors_by_slice_and_shows_plots(version: Version) -> None:
    card = (version.folder / CARD).read_text()

    assert f"mean absolute error {float(version.labels['mae']):.1f} USD (95% between" in card
    assert "| cut Ideal |" in card
    assert "| carat 0.5 to 1 |" in card
    for picture in ("predicted.png", "error.png", "importance.png"):
        assert f"({picture})" in card
        assert (version.folder / picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("empty_model_store")
def test_an_ensemble_blends_the_newest_versions_of_its_members(dataset: Dataset) -> None:
    pair = ("xgboost", "lightgbm")
    members = [train_version(few_trees(name), dataset, trials=1, seed=0) for name in pair]

    ensemble = train_version(spec_named("ensemble"), dataset, trials=1, seed=0)

    weights = ensemble.parameters
    assert sum(weights.values()) == pytest.approx(1, abs=0.05)
    logs = [
        weights[member.model] * np.log(store.load(member).predict(dataset.hold_out))
        for member in members
        if member.model in weights
    ]
    blended = store.load(ensemble)
    assert isinstance(blended, Ensemble)
    assert blended.blend_.factor == pytest.approx(1, abs=0.1)
    predicted = blended.predict(dataset.hold_out)
    assert predicted == pytest.approx(blended.blend_.factor * np.exp(np.sum(logs, axis=0)))
    saved = [OutOfFold.load(version.folder) for version in (*members, ensemble)]
    errors = [np.abs(each.predicted - each.price).mean() for each in saved]
    assert errors[-1] <= max(errors[:-1])
    assert members[0].tag in (ensemble.folder / CARD).read_text() or "xgboost" not in weights
    damaged = next(path for path in ensemble.folder.rglob("booster.*"))
    damaged.write_bytes(damaged.read_bytes() + b" ")
    with pytest.raises(DamagedVersion, match=damaged.name):
        store.load(ensemble)


def test_an_ensemble_without_members_says_what_to_train(version: Version, dataset: Dataset) -> None:
    with pytest.raises(MissingMembers, match="Got 0 of xgboost"):
        train_version(spec_named("ensemble"), dataset, trials=1, seed=0)


@pytest.mark.usefixtures("empty_model_store")
def test_labels_and_card_report_on_stones_that_no_promotion_is_decided_on(real_dataset: Dataset) -> None:
    version = train_version(spec_named("linear"), real_dataset, trials=1, seed=0)

    _, report = without_report(real_dataset.hold_out)
    error = np.abs(store.load(version).predict(report) - report["price"]).mean()
    assert float(version.labels["mae"]) == pytest.approx(error, rel=1e-5)
    assert version.labels["reported_rows"] == str(len(report))
    assert f"On {len(report):,} stones of the hold-out" in (version.folder / CARD).read_text()
    assert check_quotes(version) == 2000, "It may be exported and imported."
