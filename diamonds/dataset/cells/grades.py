"""Parses cells as grades: of our scale, as laboratories and shops write them, and outside the scale."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from diamonds.dataset.cells.texts import by_spelling, plain, texts_of
from diamonds.diamond import GRADES, parse_grade

EXCELLENT = "Excellent"
TRADE_CUTS: dict[str, tuple[str, ...]] = {
    "Ideal": (
        *("ID", "IDL", "Super Ideal", "Ideal Plus", "Ideal+", "Astor", "Astor by Blue Nile", "Astor Ideal"),
        *(
            "Signature Ideal",
            "True Hearts",
            "Hearts and Arrows",
            "Hearts & Arrows",
            "H&A",
            "Ideal H&A",
            "AGS 0",
        ),
        *("AGS Ideal", "AGS 000", "AGS0", "Triple Ideal", "Ideale", "8X", "Ideal 0"),
    ),
    EXCELLENT: (
        *("EX", "EXC", "EXCL", "X", "3EX", "XXX", "EX EX EX", "Triple Excellent", "Eccellente", "Exzellent"),
        *("Excelente", "Excellente", "Uitstekend", "AGS 1"),
    ),
    "Premium": (
        "PR",
        "PREM",
    ),
    "Very Good": (
        *("VG", "VGD", "V Good", "V.Good", "Sehr gut", "Très bon", "Très bonne", "Muy bueno", "Muy buena"),
        *("Muy buen", "Muito bom", "Muito boa", "Molto buono", "Molto buona", "Zeer goed", "AGS 2"),
    ),
    "Good": (
        *("G", "GD", "GOO", "Gut", "Bon", "Bonne", "Bueno", "Buena", "Bom", "Boa", "Buono", "Buona", "Goed"),
        *("AGS 3", "AGS 4"),
    ),
    "Fair": ("F", "FR", "FA", "Passable", "Discreto", "Redelijk", "AGS 5", "AGS 6", "AGS 7"),
}
"""What laboratories and shops write, by the grade of our scale it is read as."""

_LOW_COLORS: dict[str, tuple[str, ...]] = {letter: (letter,) for letter in "KLMNOPQRSTUVWXYZ"}
_RANGES: dict[str, tuple[str, ...]] = {
    grades: (grades,) for grades in ("K-L", "L-M", "M-N", "O-P", "Q-R", "S-T", "U-V", "W-X", "Y-Z")
}

OUTSIDE: dict[str, dict[str, tuple[str, ...]]] = {
    "cut": {"Poor": ("P", "PO", "Poor", "AGS 8", "AGS 9", "AGS 10", "Gering", "Scarso", "Médiocre", "Pobre")},
    "color": _LOW_COLORS | _RANGES | {"Fancy": ("Fancy",)},
    "clarity": {
        "FL": ("FL", "Flawless"),
        "SI3": ("SI3",),
        "I2": ("I2", "P2", "Piqué 2", "Included 2"),
        "I3": ("I3", "P3", "Piqué 3", "Included 3"),
    },
}
"""Grades that exist and that our scale does not have, by how they are written."""

_OTHER_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "cut": {grade: names for grade, names in TRADE_CUTS.items() if grade != EXCELLENT},
    "color": {
        "D": ("Exceptional White +", "Hochfeines Weiß +", "River D", "Blanc exceptionnel +"),
        "E": ("Exceptional White", "Hochfeines Weiß", "River E", "Blanc exceptionnel"),
        "F": ("Rare White +", "Feines Weiß +", "Top Wesselton F", "Extra blanc +"),
        "G": ("Rare White", "Feines Weiß", "Top Wesselton G", "Extra blanc"),
        "H": ("White", "Weiß", "Wesselton", "Blanc"),
    },
    "clarity": {
        "IF": ("Internally Flawless", "Loupe Clean", "LC", "Lupenrein", "Pur à la loupe"),
        "I1": ("P1", "Piqué 1", "Included 1"),
    },
}


@dataclass(frozen=True, slots=True)
class Grade:
    """What a cell says: ``name`` is a grade of our scale, or of a wider one where ``outside``."""

    name: str
    outside: bool = False


def parse_grades(
    cells: pl.Series, column: str, excellent: str, mapped: Mapping[str, str]
) -> tuple[pl.Series, pl.Series | None]:
    """The cells as an ordered enumeration of our grades, null for others, and which are outside the scale.

    ``excellent`` is the grade that *Excellent* is read as; ``mapped`` has grades by spellings that prevail.
    """
    texts, scale = texts_of(cells), pl.Enum(GRADES[column])
    exact = texts.cast(scale, strict=False)
    if not exact.has_nulls() and not mapped:  # the usual case, and by far the fastest
        return exact, None

    def grade_of(text: str) -> str | None:
        grade = grade_in(column, text, excellent, mapped)
        return grade.name if grade and not grade.outside else None

    def is_outside(text: str) -> bool:
        grade = grade_in(column, text, excellent, mapped)
        return grade is not None and grade.outside

    grades = by_spelling(texts, grade_of, scale)
    return grades, by_spelling(texts, is_outside, pl.Boolean).fill_null(False)


def grade_in(
    column: str, text: str, excellent: str = "Ideal", mapped: Mapping[str, str] | None = None
) -> Grade | None:
    """The grade that a cell names, None when it names none."""
    bare = plain(text)
    for spelling, grade in (mapped or {}).items():
        if key_of(spelling) == key_of(bare):
            return Grade(parse_grade(column, grade))
    try:
        return Grade(parse_grade(column, bare))
    except ValueError:
        pass
    if column == "color" and key_of(bare).startswith("fancy"):
        return Grade("Fancy", outside=True)
    if column == "cut" and is_excellent(bare):
        return Grade(excellent)
    return _spellings(column).get(key_of(bare))


def is_outside_scale(column: str, text: str) -> bool:
    """Whether a cell names a grade that exists and that our scale does not have."""
    grade = grade_in(column, text)
    return grade is not None and grade.outside


def is_excellent(text: str) -> bool:
    """Whether a cell says *Excellent*, which is the best cut of one scale and the second of others."""
    return key_of(plain(text)) in _excellent()


@cache
def _excellent() -> frozenset[str]:
    return frozenset(map(key_of, (EXCELLENT, *TRADE_CUTS[EXCELLENT])))


@cache
def _spellings(column: str) -> dict[str, Grade]:
    outside = {key_of(name): Grade(grade, True) for grade, names in OUTSIDE[column].items() for name in names}
    return outside | {
        key_of(name): Grade(grade) for grade, names in _OTHER_NAMES[column].items() for name in names
    }


def key_of(text: str) -> str:
    """The letters, digits and pluses of a grade without case and accents, by which grades are compared."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9+&]", "", bare)
