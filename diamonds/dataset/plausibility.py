"""Compares the prices of a dataset with those of the classic stones, and names likely causes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from diamonds.dataset.errors import DataError
from diamonds.dataset.market import Market
from diamonds.grades import GRADE_CODES, GRADES, STORED

if TYPE_CHECKING:
    import polars as pl

Values = npt.NDArray[np.float64]

INTERCEPT = 7.824
WEIGHT = (0.983, -0.176, -0.222)
"""Factors of the logarithm of the weight, its square and its cube."""
STEP = {"color": 0.0778, "clarity": 0.1207, "cut": 0.0347}
"""What each step of a grade adds to the logarithm of the price per carat.

Least squares over the cleaned stones of data/diamonds.csv; 0.14 is the standard deviation of what is left.
"""
LARGEST_FACTOR = 3.0
"""Maximum ratio of the prices of a dataset to the reference, either way."""
LARGEST_SPREAD = 0.7
"""Maximum median distance of single prices from the reference, after the difference of all is taken out."""
STEEPEST_SLOPE = 0.6
"""Maximum change of that distance with the logarithm of the weight, either way."""
_PER_CARAT = "Are they prices per carat? Call the column 'price per carat'."
_MULTIPLIED = "Are they prices of stones, multiplied by the weight once more?"
_FEWEST_WEIGHTS = 0.15
_OUTLIER = 3.0
_REFERENCE_CARATS = (0.2, 4.0)
FEWEST_STONES = 50
SAMPLE_STONES = 20_000
"""Number of stones that are compared."""


class Implausible(DataError):
    """The prices of a dataset as a whole cannot be those of its stones; the message has the likely cause."""


def reference_logs(stones: "pl.DataFrame") -> Values:
    """The logarithm of the usual price of each stone in USD."""
    carats = np.log(stones["carat"].to_numpy())
    limited = np.clip(carats, *np.log(_REFERENCE_CARATS))
    weight = sum(factor * limited**power for power, factor in enumerate(WEIGHT, 1))
    grades = sum(STEP[column] * _codes(stones, column) for column in GRADES)
    return np.asarray(carats + INTERCEPT + weight + grades, dtype=float)


def _codes(stones: "pl.DataFrame", column: str) -> Values:
    codes = np.array([GRADE_CODES[column][grade] for grade in STORED[column]])
    return np.asarray(codes[stones[column].to_physical().to_numpy()])


def check_prices(sample: "pl.DataFrame", source: str, market: Market) -> None:
    """Raises ``Implausible`` when the prices do not follow weight and grades, or are far from the usual.

    The level is compared only for round, natural, untreated stones in USD. Too few stones say nothing.
    """
    if len(sample) < FEWEST_STONES:
        return
    prices, reference = sample["price"].to_numpy(), reference_logs(sample)
    distance = np.log(prices) - reference
    level = float(np.median(distance))
    spread = float(np.median(np.abs(distance - level)))
    far = market.is_usual and abs(level) > np.log(LARGEST_FACTOR)
    if far or spread > LARGEST_SPREAD:
        raise Implausible(_message(source, sample, distance, next(_causes(prices, reference, sample), None)))
    slope = _slope(distance, sample) if market.is_usual else 0.0
    if abs(slope) > STEEPEST_SLOPE:
        raise Implausible(_message(source, sample, distance, _PER_CARAT if slope < 0 else _MULTIPLIED))


def _slope(distance: Values, sample: "pl.DataFrame") -> float:
    """The change of the distance with the logarithm of the weight: -1 for prices per carat."""
    carats = np.log(sample["carat"].to_numpy())
    if carats.std() < _FEWEST_WEIGHTS:
        return 0.0
    return float(np.polyfit(carats, np.clip(distance, -_OUTLIER, _OUTLIER), 1)[0])


def _message(source: str, sample: "pl.DataFrame", distance: Values, cause: str | None) -> str:
    per_carat = (sample["price"] / sample["carat"]).to_numpy()
    median, usual = float(np.median(per_carat)), float(np.median(per_carat / np.exp(distance)))
    likely = cause or "Are they in another currency, of lab-grown stones, or is another column the price?"
    return (
        f"{source} has prices that cannot be those of its stones: the median price per carat is "
        f"{median:,.4g}, and about {usual:,.4g} USD would be usual for these weights and grades. {likely}"
    )


def _causes(prices: Values, reference: Values, sample: "pl.DataFrame") -> Iterator[str]:
    """What the prices become near the reference by."""
    logs = np.log(prices)
    explanations = {
        "Are the prices logarithms (natural)? Write them as exp(price).": prices,
        "Are the prices logarithms (to base 10)? Write them as 10 to the price.": prices * np.log(10),
        "Are the prices in thousands? Multiply them by 1,000.": logs + np.log(1_000),
        "Are the prices in cents, or in another currency?": logs - np.log(100),
        _PER_CARAT: logs + np.log(sample["carat"].to_numpy()),
        "Are the prices multiplied by 1,000, a decimal mark read as one of thousands?": logs - np.log(1_000),
    }
    fitting = {cause: _misfit(explained - reference) for cause, explained in explanations.items()}
    best = min(fitting, key=fitting.__getitem__)
    if fitting[best] < np.log(1.6):
        yield best
    if _misfit(logs - reference - np.median(logs - reference)) > LARGEST_SPREAD:
        yield "They do not follow weight and grades: was a column sorted alone or shifted against the others?"


def _misfit(distance: Values) -> float:
    return float(np.median(np.abs(distance)))
