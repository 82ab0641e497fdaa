"""The network's own arithmetic agrees with scikit-learn's."""

import numpy as np
import pytest

from diamonds.dataset import Dataset
from diamonds.models.features import matrix_of
from diamonds.models.mlp import NeuralNetwork, _inputs
from tests.models.conftest import Trained


def test_prices_are_those_of_the_pipeline(dataset: Dataset, trained: Trained) -> None:
    network, matrix = trained("mlp"), matrix_of(dataset.hold_out)
    assert isinstance(network, NeuralNetwork)
    mean, deviation, least, most = network.scale_

    scaled = network.pipeline_.predict(_inputs(matrix))

    expected = np.exp(np.clip(mean + deviation * scaled, least, most))
    assert network.predict_matrix(matrix) == pytest.approx(expected, rel=1e-9)
