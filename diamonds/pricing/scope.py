"""What a version can price: stones of its market, and of the grades that it has learned."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from diamonds.dataset.market import Market
from diamonds.diamond import FEATURES, GradedWeight
from diamonds.grades import GRADE_CODES, GRADES, SCALE, SUPER_IDEAL
from diamonds.models.features import Matrix

if TYPE_CHECKING:
    from diamonds.dataset import DataReport

_FILE = "scope.json"
_SMALLEST_SHARE = 0.01
"""Share of the stones that makes a classic grade learned in a dataset of fewer than 5,000."""

Grades = Mapping[str, tuple[str, ...]]


class UnlearnedGrade(ValueError):
    """A stone has a grade that the version has not learned."""

    def __init__(self, column: str, grade: str, known: Grades) -> None:
        listed = ", ".join(reversed(known[column]))
        super().__init__(
            f"Got {column}={grade!r}, which the model has not learned; expected one of {listed}."
        )
        self.column, self.grade = column, grade


@dataclass(frozen=True, slots=True)
class Fitted:
    """Stones as a version can price them: of grades that it knows, with warnings where these are others.

    ``warnings`` and ``refused`` are by the row of the stone.
    """

    rows: Matrix
    warnings: dict[int, list[str]] = field(default_factory=dict)
    refused: dict[int, UnlearnedGrade] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """The market of a version, and the grades that it has learned, by column from the worst to the best."""

    market: Market = field(default_factory=Market)
    grades: Grades = field(default_factory=lambda: dict(GRADES))

    @classmethod
    def of(cls, report: "DataReport") -> Self:
        """The scope of what is trained on the dataset of this report.

        Learned are grades of at least 50 stones, or of 1% of all stones where that is less. A dataset has no
        grade beyond the classic ones that fewer than 50 stones have.
        """
        from diamonds.dataset.rules import FEWEST_OF_A_GRADE

        fewest = min(FEWEST_OF_A_GRADE, max(1.0, _SMALLEST_SHARE * report.kept))
        learned = {
            column: tuple(grade for grade in SCALE[column] if counts.get(grade, 0) >= fewest)
            for column, counts in report.grades.items()
        }
        return cls(report.market, learned)

    @property
    def currency(self) -> str:
        return self.market.currency

    def knows(self, stone: GradedWeight) -> bool:
        """Whether the grades of a stone are learned."""
        return all(getattr(stone, column) in grades for column, grades in self.grades.items())

    def fit(self, rows: Matrix, *, extrapolates: bool) -> Fitted:
        """The stones with a learned grade in place of any other, or refused.

        A stone that shops call Super Ideal is Ideal for a version that has not learned that. With
        ``extrapolates`` a stone of another grade is taken for one of the nearest, and a warning says so.
        """
        fitted = Fitted(rows)
        for column, codes in GRADE_CODES.items():
            place, known = FEATURES.index(column), [codes[grade] for grade in self.grades[column]]
            for code in np.setdiff1d(rows[:, place], known).tolist():
                fitted = self._without(fitted, column, code, extrapolates)
        return fitted

    def _without(self, fitted: Fitted, column: str, code: float, extrapolates: bool) -> Fitted:
        place = FEATURES.index(column)
        stones = np.flatnonzero(fitted.rows[:, place] == code).tolist()
        grade = next(name for name, number in GRADE_CODES[column].items() if number == code)
        instead = self._instead_of(column, grade, extrapolates)
        if instead is None:
            error = UnlearnedGrade(column, grade, self.grades)
            return Fitted(fitted.rows, fitted.warnings, dict.fromkeys(stones, error) | fitted.refused)
        rows, warnings = fitted.rows.copy(), dict(fitted.warnings)
        rows[stones, place] = GRADE_CODES[column][instead]
        if grade != SUPER_IDEAL or instead != "Ideal":
            sentence = f"{column} {grade} is priced as {instead}: prices of {grade} were not learned."
            warnings |= {row: [*warnings.get(row, []), sentence] for row in stones}
        return Fitted(rows, warnings, fitted.refused)

    def _instead_of(self, column: str, grade: str, extrapolates: bool) -> str | None:
        known = self.grades[column]
        if grade == SUPER_IDEAL and "Ideal" in known:
            return "Ideal"
        if not extrapolates or not known:
            return None
        codes = GRADE_CODES[column]
        return min(known, key=lambda name: abs(codes[name] - codes[grade]))

    def save(self, folder: Path) -> None:
        (folder / _FILE).write_text(json.dumps(asdict(self), indent=2))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The scope that was saved to ``folder``; versions of before it was saved know the classic grades."""
        if not (folder / _FILE).is_file():
            return cls()
        fields = json.loads((folder / _FILE).read_text())
        grades = {column: tuple(grades) for column, grades in fields["grades"].items()}
        return cls(Market(**fields["market"]), grades)
