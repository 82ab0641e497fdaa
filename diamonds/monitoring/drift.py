"""Drift: whether a window of the record has stones, prices or problems of another kind than a reference.

Each column has a statistic: the Jensen-Shannon distance of grades, the Kolmogorov-Smirnov distance of
measures and prices, Fisher's exact test of shares. What is usual for the first two is learned by drawing
windows of the same size, and references, from the reference itself, so that few stones do not cry wolf. The
p-values of a window's columns pass the procedure of Benjamini and Hochberg (JRSS B 57, 1995), which bounds
the share of false discoveries; and one window alone raises no alarm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.spatial.distance import jensenshannon

FALSE_DISCOVERIES = 0.02
"""Share of false discoveries among the columns that are found to drift in a window."""
WINDOWS, NEEDED = 5, 2
"""A column raises an alarm that drifts in so many of the newest windows."""
_SIZES = (50, 75, 100, 150, 200, 300, 400, 500, 700, 1_000)
FEWEST, WINDOW_STONES = _SIZES[0], _SIZES[-1]
"""A column with fewer values in a window is not judged; with more, any difference would be certain."""
_RESAMPLES = 999
_REFERENCE_STONES = 5_000

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """One column's values in the reference: measures or prices, codes of grades, or 0 and 1 of a share."""

    kind: str
    values: Values


MEASURE, GRADE, SHARE = "measure", "grade", "share"


@dataclass(frozen=True, slots=True)
class Finding:
    """How one column of a window compares with the reference.

    ``size`` is the statistic: a distance, or of shares their difference; ``usual`` is what 95% of windows
    from the reference stay below, None of shares.
    """

    column: str
    stones: int
    size: float
    usual: float | None
    p: float
    drifted: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference of each column by name, and what sizes of drift are usual in windows drawn from it.

    ``usual`` has those by column and size of window, as far as they are known.
    """

    columns: Mapping[str, Column]
    seed: int = 0
    usual: dict[tuple[str, int], Values] = field(default_factory=dict)

    def compare(self, window: Mapping[str, Values], *, q: float = FALSE_DISCOVERIES) -> list[Finding]:
        """The findings for the columns that reference and window have enough values of."""
        known = {name: values[~np.isnan(values)] for name, values in window.items()}
        cut = {name: values[: rounded(len(values))] for name, values in known.items()}
        judged = [name for name in self.columns if len(cut.get(name, ()))]
        tested = [self._test(name, cut[name]) for name in judged]
        if not tested:
            return []
        corrected = stats.false_discovery_control([p for _, _, p in tested], method="bh")
        return [
            Finding(name, len(cut[name]), size, usual, p, bool(adjusted <= q))
            for name, (size, usual, p), adjusted in zip(judged, tested, corrected, strict=True)
        ]

    def _test(self, name: str, values: Values) -> tuple[float, float | None, float]:
        """The size of the drift, what is usual, and the p-value."""
        column = self.columns[name]
        if column.kind == SHARE:
            return _share_test(column.values, values)
        size = _distance(column.kind, self._compared(name), values)
        usual = self._sizes(name, len(values))
        p = (1 + int((usual >= size).sum())) / (1 + len(usual))
        return size, float(np.quantile(usual, 0.95)), p

    def _compared(self, name: str) -> Values:
        values = self.columns[name].values
        if len(values) <= _REFERENCE_STONES or self.columns[name].kind == GRADE:
            return values
        return np.random.default_rng(self.seed).choice(values, _REFERENCE_STONES, replace=False)

    def _sizes(self, name: str, number: int) -> Values:
        """The sizes of windows of this number that are drawn from the reference itself."""
        if (name, number) not in self.usual:
            self.usual[name, number] = self._drawn_sizes(name, number)
        return self.usual[name, number]

    def _drawn_sizes(self, name: str, number: int) -> Values:
        """The sizes that ``_distance`` would find, of all draws at once: by the counts of each value."""
        generator, compared = np.random.default_rng(self.seed + 1), self._compared(name)
        shares = np.unique(compared, return_counts=True)[1] / len(compared)
        sizes = (len(compared), number)
        drawn = [generator.multinomial(size, shares, _RESAMPLES) / size for size in sizes]
        if self.columns[name].kind == GRADE:
            return _jensen_shannon(*drawn)
        one, other = (each.cumsum(axis=1) for each in drawn)
        return np.asarray(np.abs(one - other).max(axis=1))


def rounded(number: int) -> int:
    """The largest usual size of windows up to this number: what is usual is learned once for each."""
    return max((size for size in _SIZES if size <= number), default=0)


def _distance(kind: str, reference: Values, values: Values) -> float:
    if kind != GRADE:
        return float(stats.ks_2samp(reference, values, method="asymp").statistic)
    grades = np.union1d(reference, values)
    counts = [
        np.bincount(np.searchsorted(grades, each), minlength=len(grades)) for each in (reference, values)
    ]
    return float(_jensen_shannon(*counts))


def _jensen_shannon(*counts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The distances of the last axis: 0 where rounding leaves the root of less, which SciPy has as NaN."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nan_to_num(jensenshannon(*counts, axis=-1, base=2)), dtype="float64")


def _share_test(reference: Values, values: Values) -> tuple[float, None, float]:
    table = [[int(each.sum()), int(len(each) - each.sum())] for each in (values, reference)]
    result: Any = stats.fisher_exact(table)
    return float(values.mean() - reference.mean()), None, float(result.pvalue)


def alarms(windows: Sequence[Sequence[Finding]]) -> dict[str, int]:
    """The columns that raise an alarm, with the number of the first window in which each drifted.

    ``windows`` are in order of time, the newest last; the newest ``WINDOWS`` count.
    """
    first = max(0, len(windows) - WINDOWS)
    drifted: dict[str, list[int]] = {}
    for number, findings in enumerate(windows[first:], first):
        for finding in findings:
            if finding.drifted:
                drifted.setdefault(finding.column, []).append(number)
    return {column: numbers[0] for column, numbers in drifted.items() if len(numbers) >= NEEDED}
