"""Watches a fresh champion: tests after each sale whether it prices worse than the champion before it.

The test may be looked at after every sale and stays valid. It bets that the new champion is worse: the
capital of a fair game, which starts at 1, reaches 1 / a with probability a at most (Ville's inequality), so
that much capital is evidence. The bets are those of Waudby-Smith and Ramdas, Estimating means of bounded
random variables by betting (JRSS B 86, 2024), on differences of errors that are bounded.
"""

from dataclasses import dataclass

import numpy as np

from diamonds.models.spec import Prices

ERROR_RATE = 0.01
"""Probability that a champion that is no worse is ever rolled back."""
LARGEST_SHARE = 0.5
"""An error counts as at most this share of the sale price, so that no single sale decides."""
_LARGEST_BET = 0.5


@dataclass(frozen=True, slots=True)
class Probation:
    """What ``sales`` sold stones say of a champion and the ``former`` one, which was priced offline.

    ``mape`` and ``former_mape`` are their mean absolute errors as shares; ``evidence`` is the largest capital
    of the bet that the champion is worse, which is ``worse`` from ``1 / ERROR_RATE`` on.
    """

    champion: str
    former: str
    sales: int
    mape: float
    former_mape: float
    evidence: float

    @property
    def worse(self) -> bool:
        return self.evidence >= 1 / ERROR_RATE


def judge(champion: str, former: str, price: Prices, quoted: Prices, former_quoted: Prices) -> Probation:
    """Compares prices of the same sales, in the order of the sales; all in USD."""
    after, before = (np.minimum(np.abs(each / price - 1), LARGEST_SHARE) for each in (quoted, former_quoted))
    mape, former_mape = (float(each.mean()) if len(each) else 0.0 for each in (after, before))
    capital = evidence((after - before) / LARGEST_SHARE)
    return Probation(champion, former, len(price), mape, former_mape, capital)


def evidence(differences: Prices) -> float:
    """The largest capital of the bet that the mean of differences between -1 and 1 is above 0."""
    capital = largest = 1.0
    total, squares = 0.0, 0.25
    for difference in differences:
        bet = min(max(total / squares, 0.0), _LARGEST_BET)  # by what is known before this difference
        capital *= 1 + bet * float(difference)
        largest = max(largest, capital)
        total += float(difference)
        squares += float(difference) ** 2
    return largest
