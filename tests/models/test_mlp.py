"""The network's own arithmetic agrees with scikit-learn's."""

from pathlib import Path

import numpy as np
import pytest

from diamonds.dataset import Dataset
from diamonds.models.features import matrix_of
from diamonds.models.mlp import Layers, NeuralNetwork, _inputs
from tests.models.conftest import Trained


def test_prices_are_those_of_the_pipeline(dataset: Dataset, trained: Trained) -> None:
    network, matrix = trained("mlp"), matrix_of(dataset.hold_out)
    assert isinstance(network, NeuralNetwork)
    mean, deviation, least, most = network.scale_

    scaled = network.pipeline_.predict(_inputs(matrix))

    expected = np.exp(np.clip(mean + deviation * scaled, least, most))
    assert network.predict_matrix(matrix) == pytest.approx(expected, rel=1e-9)


def test_quoting_needs_the_layers_alone_and_layers_of_another_pipeline_are_refused(
    dataset: Dataset, trained: Trained, tmp_path: Path
) -> None:
    network, matrix = trained("mlp"), matrix_of(dataset.hold_out)
    network.save(tmp_path)
    pipeline = (tmp_path / "pipeline.skops").read_bytes()
    (tmp_path / "pipeline.skops").unlink()

    loaded = NeuralNetwork.load(tmp_path)
    assert np.array_equal(loaded.predict_matrix(matrix), network.predict_matrix(matrix))

    (tmp_path / "pipeline.skops").write_bytes(pipeline)
    loaded.load_rest()
    (tmp_path / "layers.npz").unlink()
    assert np.array_equal(NeuralNetwork.load(tmp_path).predict_matrix(matrix), network.predict_matrix(matrix))

    mean, deviation, *_ = arrays = loaded.layers_.arrays()
    Layers(mean + 1, deviation, loaded.layers_.kernels, loaded.layers_.biases).save(tmp_path / "layers.npz")
    assert len(arrays) == 8
    with pytest.raises(ValueError, match=r"layers.npz has not the weights of pipeline.skops"):
        NeuralNetwork.load(tmp_path).load_rest()
