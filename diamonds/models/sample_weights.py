"""Sample weights, by which errors count in USD rather than in percent, and the patience of early stopping."""

import numpy as np

from diamonds.models.spec import Prices

_POWER = 0.5
"""Between 0 (an error counts by its percentage) and 1 (by its USD); the best in cross-validation."""


def weights(price_usd: Prices, row_weight: Prices | None = None) -> Prices:
    """The weight of each stone, shape (rows,), with mean 1: an error of 1% counts more on a dear stone.

    ``row_weight`` says how much each row counts for another reason, such as its age.
    """
    powers = price_usd**_POWER if row_weight is None else price_usd**_POWER * row_weight
    return np.asarray(powers / powers.mean(), dtype="float64")


PATIENCE = 50
"""Trees without an improvement on unseen stones after which growing stops."""
