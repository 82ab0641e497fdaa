"""A neural network by scikit-learn, in a pipeline that scales measures and encodes grades."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from diamonds.models.features import DERIVED, GradeCode, Matrix, derived, one_hot, other_grades
from diamonds.models.sample_weights import weights
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen

if TYPE_CHECKING:
    from optuna.trial import BaseTrial
    from sklearn.pipeline import Pipeline

_FILE = "pipeline.skops"
_SCALE = "scale.npz"
_LAYERS = "layers.npz"
_STAGES = 4
_SLOWER = 4.0
"""How much smaller the steps of each stage of learning are than those of the one before."""
_TRUSTED = ["sklearn.neural_network._stochastic_optimizers.AdamOptimizer"]
"""A harmless type of scikit-learn that skops does not trust by itself."""


@dataclass(frozen=True, slots=True)
class Layers:
    """What quoting needs of a fitted pipeline: how it scales measures, and its weights, all as arrays.

    Without scikit-learn's checks, which take most of the time for one stone, and without skops, which takes
    a second to import.
    """

    mean: Prices
    deviation: Prices
    kernels: Sequence[Matrix]
    biases: Sequence[Prices]

    @classmethod
    def of(cls, pipeline: "Pipeline") -> Self:
        """The layers of a fitted pipeline."""
        columns, network = pipeline
        scaler = columns.named_transformers_["standardscaler"]
        return cls(scaler.mean_, scaler.scale_, network.coefs_, network.intercepts_)

    def arrays(self) -> list[Matrix]:
        """All of them in their order."""
        return [self.mean, self.deviation, *self.kernels, *self.biases]

    def save(self, file: Path) -> None:
        np.savez(file, *self.arrays())

    @classmethod
    def load(cls, file: Path) -> Self:
        """The layers that were saved to the file."""
        with np.load(file, allow_pickle=False) as saved:
            mean, deviation, *rest = [saved[f"arr_{number}"] for number in range(len(saved))]
        return cls(mean, deviation, rest[: len(rest) // 2], rest[len(rest) // 2 :])

    def forward(self, layer: Matrix) -> Prices:
        """The outputs of the network for inputs that are not scaled yet, and are then."""
        layer[:, _SCALED] = (layer[:, _SCALED] - self.mean) / self.deviation
        for kernel, bias in zip(self.kernels[:-1], self.biases[:-1], strict=True):
            layer = np.maximum(layer @ kernel + bias, 0)
        return np.asarray((layer @ self.kernels[-1] + self.biases[-1])[:, 0])


class NeuralNetwork(Estimator):
    """Two hidden layers on scaled measures and one-hot grades; prices stay within those learned from."""

    folder_: Path
    """Where it was loaded from."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self.parameters = dict(parameters)
        self.seed = seed

    def fit_matrix(
        self,
        matrix: Matrix,
        price_usd: Prices,
        unseen: Unseen | None = None,
        row_weight: Prices | None = None,
    ) -> Self:
        from sklearn.exceptions import ConvergenceWarning
        from threadpoolctl import threadpool_limits

        log_price = np.log(price_usd)
        self.scale_ = np.array([log_price.mean(), log_price.std(), log_price.min(), log_price.max()])
        self.pipeline_ = _pipeline(self.parameters, self.seed)
        columns, network = self.pipeline_
        self.others_ = other_grades(matrix)
        inputs = columns.fit_transform(_inputs(matrix, self.others_))
        target = (log_price - log_price.mean()) / log_price.std()
        # Like trees, networks learn on one thread each; several share the cores as processes.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a parameter
            for stage in range(_STAGES):
                network.set_params(learning_rate_init=self.parameters["learning_rate"] / _SLOWER**stage)
                network.fit(inputs, target, sample_weight=weights(price_usd, row_weight))
        self.layers_ = Layers.of(self.pipeline_)
        return self

    @cached_property
    def pipeline_(self) -> "Pipeline":
        """The fitted pipeline; skops refuses anything but scikit-learn's own types."""
        import skops.io

        return skops.io.load(self.folder_ / _FILE, trusted=_TRUSTED)

    def predict_matrix(self, matrix: Matrix) -> Prices:
        mean, deviation, least, most = self.scale_
        forward = self.layers_.forward(_inputs(matrix, self.others_))
        log_price = np.clip(mean + deviation * forward, least, most)
        return np.asarray(np.exp(log_price))

    def save(self, folder: Path) -> None:
        import skops.io

        skops.io.dump(self.pipeline_, folder / _FILE)
        self.layers_.save(folder / _LAYERS)
        np.savez(folder / _SCALE, scale=self.scale_, others=np.array(self.others_).reshape(-1, 2))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved to ``folder``; of the first versions only the pipeline has the layers."""
        model = cls({}, seed=0)
        model.folder_ = folder
        layers = folder / _LAYERS
        model.layers_ = Layers.load(layers) if layers.exists() else Layers.of(model.pipeline_)
        with np.load(folder / _SCALE, allow_pickle=False) as saved:
            model.scale_ = saved["scale"]
            others = saved["others"].tolist() if "others" in saved else []
        model.others_ = [(int(column), code) for column, code in others]
        return model

    def load_rest(self) -> None:
        loaded = Layers.of(self.pipeline_)
        if not all(map(np.array_equal, loaded.arrays(), self.layers_.arrays())):
            raise ValueError(f"{_LAYERS} has not the weights of {_FILE}")


_SCALED = slice(0, len(DERIVED))


def _inputs(matrix: Matrix, others: Sequence[GradeCode] = ()) -> Matrix:
    inputs = derived(matrix)
    inputs[:, 0] = np.log(inputs[:, 0])
    return np.column_stack([inputs, one_hot(matrix, others)])


def _pipeline(parameters: Parameters, seed: int) -> "Pipeline":
    from sklearn.compose import make_column_transformer
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    network = MLPRegressor(
        hidden_layer_sizes=(int(parameters["width"]), int(parameters["width"]) // 2),
        learning_rate_init=parameters["learning_rate"],
        alpha=parameters["alpha"],
        batch_size=int(parameters["batch_size"]),
        max_iter=int(parameters["epochs"]) // _STAGES,
        warm_start=True,
        tol=0.0,
        n_iter_no_change=int(parameters["epochs"]),
        random_state=seed,
    )
    # The columns of one_hot stay 0 and 1: scaled, a rare grade would outweigh everything else of its stone.
    columns = make_column_transformer((StandardScaler(), _SCALED), remainder="passthrough")
    return make_pipeline(columns, network)


def _search(trial: "BaseTrial") -> Parameters:
    return {
        "width": trial.suggest_int("width", 64, 160, step=32),
        "learning_rate": trial.suggest_float("learning_rate", 2e-3, 1e-2, log=True),
        "alpha": trial.suggest_float("alpha", 1e-5, 1e-1, log=True),
        "batch_size": trial.suggest_int("batch_size", 64, 256, log=True),
        "epochs": trial.suggest_int("epochs", 40, 100),
    }


_DEFAULTS: Parameters = {
    "width": 128,
    "learning_rate": 0.004,
    "alpha": 1e-3,
    "batch_size": 128,
    "epochs": 60,
}

MLP = ModelSpec(
    name="mlp", build=NeuralNetwork, load=NeuralNetwork.load, search=_search, defaults=_DEFAULTS, quote_us=270
)
