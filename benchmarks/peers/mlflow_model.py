"""Saves an XGBoost pipeline as MLflow's scoring server takes it: ``mlflow_model.py DIAMONDS.csv FOLDER``.

Run by a Python that has `mlflow`.
"""

import sys

import mlflow  # type: ignore[import-not-found]
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from benchmarks.peers.trees import FEATURES, LEVELS, PARAMETERS


def main(data: str, folder: str) -> None:
    stones = pd.read_csv(data)
    encoder = OrdinalEncoder(categories=list(LEVELS.values()))
    columns = make_column_transformer((encoder, list(LEVELS)), remainder="passthrough")
    trees = TransformedTargetRegressor(xgb.XGBRegressor(**PARAMETERS), func=np.log, inverse_func=np.exp)
    pipeline = make_pipeline(columns, trees).fit(stones[FEATURES], stones["price"])
    mlflow.sklearn.save_model(
        pipeline,
        folder,
        input_example=stones[FEATURES].head(1),
        pip_requirements=["mlflow"],  # nothing is installed from it
        skops_trusted_types=["xgboost.core.Booster", "xgboost.sklearn.XGBRegressor"],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
