"""Sample weights, by which errors count in USD rather than in percent, and the patience of early stopping."""

import numpy as np

from diamonds.models.spec import Prices

_POWER = 0.5
"""Between 0 (an error counts by its percentage) and 1 (by its USD); the best in cross-validation."""


def weights(price_usd: Prices) -> Prices:
    """The weight of each stone, shape (rows,), with mean 1: an error of 1% counts more on a dear stone."""
    powers = price_usd**_POWER
    return np.asarray(powers / powers.mean(), dtype="float64")


PATIENCE = 50
"""Trees without an improvement on unseen stones after which growing stops."""
