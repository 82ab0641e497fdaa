"""The grades of cut, color and clarity: their scale, their codes, and how the trade writes them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

CUTS = ("Fair", "Good", "Very Good", "Premium", "Ideal")
COLORS = ("J", "I", "H", "G", "F", "E", "D")
CLARITIES = ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF")
GRADES: dict[str, tuple[str, ...]] = {"cut": CUTS, "color": COLORS, "clarity": CLARITIES}
"""The grades of the classic data by column, each from the worst to the best."""

SUPER_IDEAL = "Super Ideal"
SCALE: dict[str, tuple[str, ...]] = {
    "cut": ("Poor", *CUTS, SUPER_IDEAL),
    "color": (*"ZYXWVUTSRQPONMLK", *COLORS),
    "clarity": ("I3", "I2", "I1", "SI3", *CLARITIES[1:], "FL"),
}
"""All grades by column, each from the worst to the best."""

_BEYOND: dict[str, dict[str, float]] = {
    "cut": {"Poor": -1, SUPER_IDEAL: 5},
    "color": {color: -1 - place for place, color in enumerate("KLMNOPQRSTUVWXYZ")},
    "clarity": {"I2": -1, "I3": -2, "SI3": 0.5, "FL": 8},
}
GRADE_CODES: dict[str, dict[str, float]] = {
    column: {grade: code for code, grade in enumerate(grades)} | _BEYOND[column]
    for column, grades in GRADES.items()
}
"""The number that stands for each grade in models: classic ones are counted from the worst, from 0."""

STORED: dict[str, tuple[str, ...]] = {
    column: (*grades, *_BEYOND[column]) for column, grades in GRADES.items()
}
"""All grades in the order by which stones are hashed. Never change it, but for new ones at the end."""

EXCELLENT = "Excellent"
TRADE_CUTS: dict[str, tuple[str, ...]] = {
    "Ideal": (
        *("ID", "IDL", "Super Ideal", "Ideal Plus", "Ideal+", "Astor", "Astor by Blue Nile", "Astor Ideal"),
        *("Signature Ideal", "True Hearts", "Hearts and Arrows", "Hearts & Arrows", "H&A", "Ideal H&A"),
        *("AGS 0", "AGS Ideal", "AGS 000", "AGS0", "Triple Ideal", "Ideale", "8X", "Ideal 0", "Ideaal"),
    ),
    EXCELLENT: (
        *("EX", "EXC", "EXCL", "X", "3EX", "XXX", "EX EX EX", "Triple Excellent", "Eccellente", "Exzellent"),
        *("Excelente", "Excellente", "Uitstekend", "Ausgezeichnet", "AGS 1"),
    ),
    "Premium": ("PR", "PREM"),
    "Very Good": (
        *("VG", "VGD", "V Good", "V.Good", "Sehr gut", "Très bon", "Très bonne", "Muy bueno", "Muy buena"),
        *("Muy buen", "Muito bom", "Muito boa", "Molto buono", "Molto buona", "Zeer goed", "AGS 2"),
    ),
    "Good": (
        *("G", "GD", "GOO", "Gut", "Bon", "Bonne", "Bueno", "Buena", "Bom", "Boa", "Buono", "Buona", "Goed"),
        *("AGS 3", "AGS 4"),
    ),
    "Fair": ("F", "FR", "FA", "Passable", "Discreto", "Regular", "Redelijk", "AGS 5", "AGS 6", "AGS 7"),
    "Poor": ("P", "PO", "AGS 8", "AGS 9", "AGS 10", "Gering", "Scarso", "Médiocre", "Pobre"),
}
"""What laboratories and shops write, by the grade of our scale it is read as."""

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
        "FL": ("Flawless",),
        "IF": ("Internally Flawless", "Loupe Clean", "LC", "Lupenrein", "Pur à la loupe"),
        "I1": ("P1", "Piqué 1", "Included 1"),
        "I2": ("P2", "Piqué 2", "Included 2"),
        "I3": ("P3", "Piqué 3", "Included 3"),
    },
}
_LONGEST = 200
"""Maximum number of characters of what may be a grade."""
_RANGES = ("K-L", "L-M", "M-N", "O-P", "Q-R", "S-T", "U-V", "W-X", "Y-Z")
OUTSIDE: dict[str, dict[str, tuple[str, ...]]] = {
    "cut": {},
    "color": {grades: (grades,) for grades in (*_RANGES, "Fancy")},
    "clarity": {},
}
"""Grades that exist and that the scale does not have, by how they are written."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What a text says: ``name`` is a grade of the scale, or one that exists besides where ``outside``."""

    name: str
    outside: bool = False


def grade_in(
    column: str, text: str, excellent: str = "Ideal", mapped: Mapping[str, str] | None = None
) -> Grade | None:
    """The grade that a text names, None when it names none.

    ``excellent`` is the grade that *Excellent* is read as; ``mapped`` has grades by spellings that prevail.
    """
    key = key_of(text)
    for spelling, name in (mapped or {}).items():
        if key_of(spelling) == key:
            return Grade(on_scale(column, name))
    if len(text) > _LONGEST:
        return None
    if column == "color" and key.startswith("fancy"):
        return Grade("Fancy", outside=True)
    for form in _forms(column, text, key):
        if column == "cut" and form in _excellent():
            return Grade(excellent)
        if grade := _spellings(column).get(form):
            return grade
    return None


def _forms(column: str, text: str, key: str) -> Iterator[str]:
    """What a text may say: the whole of it, or what is left without remarks in brackets and additions."""
    yield key
    bare = key_of(re.sub(r"\(.*?\)|\[.*?\]", "", text))
    yield bare
    yield bare.removesuffix("cut") if column == "cut" else bare.rstrip("+")


def parse_grade(column: str, text: object, known: Sequence[str] | None = None) -> str:
    """The grade of ``column`` that ``text`` names, as the trade writes it, whatever its case and spaces.

    Raises ``ValueError`` that lists the grades when it names none: those of ``known``, from the worst.
    """
    if not isinstance(text, str):
        found = None
    elif text in GRADE_CODES[column]:
        return text
    else:
        found = _named(column, text)
    if found is None:
        raise ValueError(f"Got {column}={text!r}; expected one of {listed(column, known)}.")
    return found


def _named(column: str, text: str) -> str | None:
    """The grade of the scale that a text names; *Super Ideal* is itself here, as a version may know it."""
    if exact := _exact(column).get(key_of(text)):
        return exact
    grade = grade_in(column, text)
    return grade.name if grade and not grade.outside else None


def listed(column: str, known: Sequence[str] | None = None) -> str:
    """The grades of a column from the best, as a sentence lists them: those of ``known``, or of the scale."""
    return ", ".join(reversed(known or [name for name in SCALE[column] if name != SUPER_IDEAL]))


def on_scale(column: str, grade: str) -> str:
    """The grade of the scale of that name; raises ``ValueError`` when it has none."""
    try:
        return _exact(column)[key_of(grade)]
    except KeyError:
        expected = listed(column, SCALE[column])
        raise ValueError(f"Got {column} {grade!r}; expected one of {expected}.") from None


def is_excellent(text: str) -> bool:
    """Whether a cell says *Excellent*, which is the best cut of one scale and the second of others."""
    return key_of(text) in _excellent()


def key_of(text: str) -> str:
    """A grade without case, accents, spaces and signs but ``+`` and ``&``, by which grades are compared.

    Letters of any script stay, for with them it is another word; so does whatever is too long for a grade.
    """
    if len(text) > _LONGEST:
        return text
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in bare if character in "+&" or not _is_sign(character))


def _is_sign(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "MPSZ" or category in ("Cc", "Cf")


@cache
def _excellent() -> frozenset[str]:
    return frozenset(map(key_of, (EXCELLENT, *TRADE_CUTS[EXCELLENT])))


@cache
def _exact(column: str) -> dict[str, str]:
    return {key_of(grade): grade for grade in SCALE[column]}


@cache
def _spellings(column: str) -> dict[str, Grade]:
    spellings = {key: Grade(grade) for key, grade in _exact(column).items()}
    for names, outside in ((_OTHER_NAMES[column], False), (OUTSIDE[column], True)):
        spellings |= {key_of(name): Grade(grade, outside) for grade, each in names.items() for name in each}
    return spellings
