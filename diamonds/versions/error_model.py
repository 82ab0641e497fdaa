"""Makes the error model of a version from what was saved with it; see ``evaluation.estimated_error``."""

import numpy as np

from diamonds.dataset import without_calibration
from diamonds.evaluation.estimated_error import ErrorModel
from diamonds.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold
from diamonds.models.features import matrix_of
from diamonds.versions import store
from diamonds.versions.version import Version


def error_model(version: Version) -> ErrorModel | None:
    """What estimates the error of a version's quotes; it takes some seconds to make.

    None for a version that was saved without its prices out of fold. Raises ``TooFewStones`` for one with
    too few stones, and ``DamagedVersion``.
    """
    estimator = store.load(version)  # checks all files
    learned, apart = without_calibration(store.training_stones(version))
    price_usd = learned["price"].to_numpy("float64")
    if not (version.folder / OUT_OF_FOLD_FILE).is_file():
        return None
    out_of_fold = OutOfFold.load(version.folder)
    if not np.array_equal(out_of_fold.price, price_usd):  # of a version from before the splits of today
        return None
    return ErrorModel.fit(
        estimator,
        seen=(matrix_of(learned), price_usd, out_of_fold.predicted),
        calibration=(matrix_of(apart), apart["price"].to_numpy("float64")),
    )
