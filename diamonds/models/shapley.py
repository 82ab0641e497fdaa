"""Shapley values for models that have no exact ones of their own, by swapping features in one by one."""

from collections.abc import Callable

import numpy as np

from diamonds.models.features import Matrix
from diamonds.models.spec import Prices

_ORDERS = 8


def shapley(log_price: Callable[[Matrix], Prices], matrix: Matrix, usual: Prices) -> tuple[Prices, Matrix]:
    """The base, shape (rows,), and what each feature adds to the log of each price, shape (rows, 9).

    The base is the ``usual`` stone. A feature's share is the mean change when the stone's own value replaces
    the usual one, over some orders of replacing, each taken forwards and backwards; shares add up exactly.
    """
    rows, features = matrix.shape
    shares = np.zeros((rows, features))
    orders = [np.random.default_rng(seed).permutation(features) for seed in range(_ORDERS // 2)]
    for order in (*orders, *(order[::-1] for order in orders)):
        path = np.repeat(np.broadcast_to(usual, (rows, features))[None], features + 1, axis=0)
        for step, feature in enumerate(order):
            path[step + 1 :, :, feature] = matrix[:, feature]
        prices = log_price(path.reshape(-1, features)).reshape(features + 1, rows)
        shares[:, order] += np.diff(prices, axis=0).T / _ORDERS
    return log_price(np.broadcast_to(usual, (rows, features))), shares
