"""The estimated error follows a change of the mix of stones, without their sale prices."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diamonds.dataset import Dataset, without_calibration
from diamonds.evaluation.estimated_error import ErrorModel, EstimatedError, TooFewStones
from diamonds.evaluation.out_of_fold import OUT_OF_FOLD_FILE
from diamonds.models import spec_named
from diamonds.models.features import matrix_of, without_measures
from diamonds.training.cross_validation import CrossValidation
from diamonds.versions.error_model import error_model
from diamonds.versions.integrity import write_manifest
from diamonds.versions.version import Version

SHIFTS = [
    "carat >= 1.5",
    "carat >= 2",
    "carat < 0.4",
    "quote < 1000",
    "quote > 9000",
    "cut == 'Fair'",
    "cut == 'Ideal'",
    "color == 'J'",
    "color == 'D' and carat > 1",
    "clarity == 'I1'",
    "clarity == 'IF'",
    "clarity == 'VS1'",
    "clarity in ['I1', 'SI2'] and color in ['I', 'J']",
]


class Judged:
    """A model with its error model, and the hold-out with its quotes, which neither has seen."""

    def __init__(self, name: str, dataset: Dataset, **parameters: float) -> None:
        spec = spec_named(name)
        learned, apart = without_calibration(dataset.training)
        price_usd = learned["price"].to_numpy("float64")
        all_parameters = {**(spec.defaults or {}), **parameters}
        validation = CrossValidation(spec, learned, 0)
        validated = validation.without_early_stopping(validation.validate(all_parameters))
        self.estimator = spec.build(all_parameters, 0).fit(learned, price_usd)
        self.model = ErrorModel.fit(
            self.estimator,
            seen=(matrix_of(learned), price_usd, validated.out_of_fold),
            calibration=(matrix_of(apart), apart["price"].to_numpy("float64")),
        )
        self.stones = dataset.hold_out.assign(quote=self.estimator.predict(dataset.hold_out))

    def estimated(self, stones: pd.DataFrame) -> EstimatedError:
        return self.model.estimate(matrix_of(stones), stones["quote"].to_numpy("float64"))


def true_mae(stones: pd.DataFrame) -> float:
    return float((stones["price"] - stones["quote"]).abs().mean())


@pytest.fixture(scope="module", params=["linear", "xgboost"])
def judged(request: pytest.FixtureRequest, real_dataset: Dataset) -> Judged:
    parameters = {"n_estimators": 100, "learning_rate": 0.1} if request.param == "xgboost" else {}
    return Judged(request.param, real_dataset, **parameters)


def test_the_interval_holds_the_true_error_of_stones_of_a_kind(judged: Judged) -> None:
    estimates = {shift: (judged.estimated(of), true_mae(of)) for shift, of in shifted(judged.stones).items()}

    missed = {name: each for name, each in estimates.items() if not holds(*each)}
    assert len(missed) <= 1, missed
    assert all(abs(true - each.mae_usd) < 0.25 * true for each, true in estimates.values())
    everything = judged.estimated(judged.stones)
    assert holds(everything, true_mae(judged.stones))
    assert everything.high_usd - everything.low_usd < 0.15 * everything.mae_usd
    assert (
        estimates["carat < 0.4"][0].mae_usd * 2 < everything.mae_usd < estimates["carat >= 2"][0].mae_usd / 2
    )


def shifted(stones: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {shift: stones.query(shift) for shift in SHIFTS}


def holds(estimate: EstimatedError, true: float) -> bool:
    return estimate.low_usd <= true <= estimate.high_usd


@pytest.mark.parametrize("size", [50, 1000])
def test_the_interval_holds_the_true_error_of_almost_all_random_mixes(judged: Judged, size: int) -> None:
    generator = np.random.default_rng(size)
    grades = [judged.stones[name].cat.codes for name in ("cut", "color", "clarity")]
    traits = np.column_stack([np.log(judged.stones["carat"]), *grades])
    traits = (traits - traits.mean(axis=0)) / traits.std(axis=0)

    hits = []
    for _ in range(60):
        weights = np.exp(traits @ generator.normal(0, 0.7, 4))
        mix = judged.stones.iloc[
            generator.choice(len(traits), size, replace=False, p=weights / weights.sum())
        ]
        hits.append(holds(judged.estimated(mix), true_mae(mix)))

    assert np.mean(hits) >= 0.9


def test_quotes_without_measures_are_expected_to_be_further_off(judged: Judged) -> None:
    bare = without_measures(matrix_of(judged.stones))
    quotes = judged.estimator.predict_matrix(bare)

    estimate = judged.model.estimate(bare, quotes)

    assert holds(estimate, float(np.abs(judged.stones["price"] - quotes).mean()))


def test_a_stored_version_says_how_far_off_it_is(linear: Version, dataset: Dataset) -> None:
    model = error_model(linear)

    assert model is not None
    stones = pd.read_parquet(linear.folder / "hold_out.parquet")
    estimate = model.estimate(matrix_of(stones), stones["predicted"].to_numpy("float64"))
    assert holds(estimate, float(linear.labels["mae"]))
    assert estimate.stones == len(dataset.hold_out)


def test_a_version_from_before_there_were_prices_out_of_fold_has_no_error_model(
    linear: Version, tmp_path: Path
) -> None:
    folder = tmp_path / "models" / linear.folder.parent.name / linear.folder.name
    shutil.copytree(linear.folder, folder)
    (folder / OUT_OF_FOLD_FILE).unlink()
    (folder / "manifest.json").unlink()
    write_manifest(folder)
    old = replace(linear, folder=folder)

    assert error_model(old) is None


def test_a_handful_of_calibration_stones_tells_no_level(dataset: Dataset) -> None:
    stones = dataset.training.iloc[:100]
    with pytest.raises(TooFewStones, match="Got 8 calibration stones; expected 20 or more"):
        ErrorModel.fit(
            spec_named("linear").build({}, 0).fit(stones, stones["price"].to_numpy("float64")),
            seen=(np.ones((1, 9)), np.ones(1), np.ones(1)),
            calibration=(matrix_of(stones)[:8], np.ones(8)),
        )
