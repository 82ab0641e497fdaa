"""The promises that every model of the registry keeps, whoever wrote it."""

from pathlib import Path

import numpy as np
import pytest

from diamonds.dataset import Dataset
from diamonds.diamond import FEATURES
from diamonds.models import REGISTRY, spec_named
from diamonds.models.features import Matrix, matrix_of
from diamonds.models.shapley import PROPERTIES, attribute
from tests.few_trees import few_trees
from tests.models.conftest import Trained, fitted

every_model = pytest.mark.parametrize("name", list(REGISTRY))


@pytest.fixture(scope="session")
def matrix(dataset: Dataset) -> Matrix:
    return matrix_of(dataset.hold_out)


@every_model
def test_prices_beat_the_mean_price_by_far(name: str, dataset: Dataset, trained: Trained) -> None:
    error = np.abs(trained(name).predict(dataset.hold_out) - dataset.hold_out["price"])
    error_of_mean = np.abs(dataset.training["price"].mean() - dataset.hold_out["price"])

    assert error.mean() < error_of_mean.mean() / 4


@every_model
def test_prices_of_absurd_stones_are_finite_and_above_zero(name: str, trained: Trained) -> None:
    tiny, huge = [0.001, 0, 0, 0, 1, 1, 0.01, 0.01, 0.01], [1000.0, 4, 6, 7, 1000, 1000, 1000, 1000, 1000]

    prices = trained(name).predict_matrix(np.array([tiny, huge]))

    assert np.isfinite(prices).all()
    assert (prices > 0).all()


@every_model
def test_a_stone_with_four_facts_is_priced_nearly_as_with_all(
    name: str, matrix: Matrix, trained: Trained
) -> None:
    bare = matrix.copy()
    bare[:, FEATURES.index("depth") :] = np.nan

    ratio = trained(name).predict_matrix(bare) / trained(name).predict_matrix(matrix)

    assert np.median(np.abs(ratio - 1)) < 0.1


@every_model
def test_a_stone_has_the_same_price_alone_and_among_others(
    name: str, matrix: Matrix, trained: Trained
) -> None:
    together = trained(name).predict_matrix(matrix[:20])
    alone = [trained(name).predict_matrix(row[None])[0] for row in matrix[:20]]

    assert together == pytest.approx(alone, rel=1e-6)


@every_model
def test_weight_moves_prices_most(name: str, matrix: Matrix, trained: Trained) -> None:
    owed = [attribute(trained(name).predict_matrix, stone)[2] for stone in matrix[:50]]

    importance = dict(zip(PROPERTIES, np.abs(owed).mean(axis=0), strict=True))
    assert max(importance, key=lambda each: importance[each]) == "carat"


@every_model
def test_a_saved_model_gives_the_same_prices_when_loaded(
    name: str, matrix: Matrix, trained: Trained, tmp_path: Path
) -> None:
    trained(name).save(tmp_path)
    loaded = spec_named(name).load(tmp_path)

    assert (loaded.predict_matrix(matrix) == trained(name).predict_matrix(matrix)).all()


@every_model
def test_no_file_of_a_model_is_a_pickle(name: str, trained: Trained, tmp_path: Path) -> None:
    trained(name).save(tmp_path)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if path.suffix in {".pkl", ".pickle", ".joblib"}]
    assert not [path for path in files if path.read_bytes()[:1] == b"\x80"]


@pytest.mark.parametrize("name", [name for name, spec in REGISTRY.items() if not spec.members])
def test_the_same_seed_gives_the_same_model(name: str, dataset: Dataset, matrix: Matrix) -> None:
    one, other = (fitted(few_trees(name), dataset) for _ in range(2))

    assert (one.predict_matrix(matrix) == other.predict_matrix(matrix)).all()


@pytest.mark.parametrize("name", [name for name, spec in REGISTRY.items() if not spec.members])
def test_rows_of_little_weight_count_little(name: str, dataset: Dataset) -> None:
    stones, spec = dataset.training[:500], few_trees(name)
    price_usd, doubled = stones["price"].to_numpy("float64"), np.arange(len(stones)) % 2 == 0
    weighed = stones.assign(weight=np.where(doubled, 0.01, 1.0))

    estimator = spec.build(spec.defaults or {}, 0).fit(weighed, np.where(doubled, 2, 1) * price_usd)

    ratio = estimator.predict(dataset.hold_out) / dataset.hold_out["price"]
    assert np.median(ratio) < 1.15, "With equal weights it would be about 1.4."
