"""The trees that services of others quote with: XGBoost, sensible parameters, for the log of the price."""

from typing import Any

LEVELS = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": list("JIHGFED"),
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}
FEATURES = ["carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z"]
PARAMETERS: dict[str, Any] = {
    "n_estimators": 1000,
    "learning_rate": 0.05,
    "max_depth": 7,
    "subsample": 0.8,
    "min_child_weight": 5,
}
