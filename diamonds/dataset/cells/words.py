"""Recognises shapes, origins, treatments and units of price by the words that people write for them."""

import re
import unicodedata

from diamonds.dataset.cells.texts import is_missing, plain

ROUND = frozenset(
    [
        "round",
        "roundbrilliant",
        "roundbrilliantcut",
        "roundcut",
        "roundshape",
        "roundmodifiedbrilliant",
        "brilliant",
        "brilliantcut",
        "rd",
        "rb",
        "rbc",
        "br",
        "rnd",
        "r",
        "roundidealcut",
        "roundhearts",
        "roundha",
        "rond",
        "ronde",
        "rund",
        "rundbrillant",
        "runderbrillant",
        "brillant",
        "brillantrond",
        "redondo",
        "redonda",
        "redondobrillante",
        "brillante",
        "tondo",
        "tonda",
        "rotondo",
        "rotonda",
        "brillantetondo",
        "taglioabrillante",
        "rondbriljant",
        "briljant",
        "roundbrill",
        "brilliantround",
        "roundbrillant",
    ]
)
"""How a round brilliant is written."""
_SHAPES: dict[str, str] = {
    word: shape
    for shape, words in {
        "oval": "oval ov ovale ovalado ovalmodifiedbrilliant ovalbrilliant",
        "princess": "princess pr pri prin princesa principessa princesse prinzess squaremodifiedbrilliant",
        "emerald": "emerald em eme emeraldcut esmeralda smeraldo emeraude smaragd emeralddiamond",
        "marquise": "marquise mq mar marq marquesa marchesa markise marquesina navette",
        "pear": "pear ps pe pearshape pera poire goccia tropfen birne gota peer teardrop",
        "cushion": "cushion cu cus cushionmodified cushionbrilliant cushionmodifiedbrilliant cushioncut cuscino "
        "coussin kissen cojin almofada kussen",
        "radiant": "radiant ra rad radiante strahlend",
        "asscher": "asscher as ass squareemerald squareemeraldcut",
        "heart": "heart hs ht hea heartshape corazon cuore coeur herz coracao hart",
        "trilliant": "trilliant tr trillion triangle triangular trillant",
        "baguette": "baguette bg baguettes taperedbaguette",
        "rose": "rose rosecut",
        "old": "oldeuropean oldeuropeancut oec oldmine oldminecut omc oldcut",
        "square": "square sq carre",
        "hexagonal": "hexagonal hexagon octagon kite shield briolette",
    }.items()
    for word in words.split()
} | dict.fromkeys(ROUND, "round")
SHAPES = ("round", *dict.fromkeys(shape for shape in _SHAPES.values() if shape != "round"))
"""The shapes that a market can be in."""

_LAB = re.compile(
    r"lab|cvd|hpht|synth|sint[eé]t|man ?made|created|grown|cultur|zucht|gezüchtet|kweek|cultiv|colt|moissanit|simul"
)
_LAB_CODES = {"lg", "lgd", "lgm", "l", "lc"}
_NATURAL = re.compile(r"natur|natür|mined|genuine|earth")
_NATURAL_CODES = {"n", "nat", "nd", "ntl"}
_TRUE = {"true", "yes", "y", "1", "t", "ja", "j", "si", "sí", "sì", "oui", "o", "sim", "s", "x", "1.0"}
_FALSE = {"false", "no", "n", "0", "f", "nein", "non", "nee", "não", "nao", "0.0"}
_UNTREATED = re.compile(
    r"(none|no|not|non|un|keine?|sin|sem|aucune?|nessuno?a?|geen|ohne|natural|nil|false|0|n)\b.*|"
    r"untreated|unbehandelt|unenhanced|natural|nat|onbehandeld|ninguno?a?|nenhuma?"
)


def key_of(text: str) -> str:
    """The letters of a word without case, accents, spaces and punctuation."""
    bare = unicodedata.normalize("NFKD", plain(text).casefold())
    return re.sub(r"[^a-z0-9]", "", bare)


def shape_of(text: str) -> str | None:
    """The shape that a cell names; None when it is no word for one."""
    key = key_of(text)
    return _SHAPES.get(key) or _SHAPES.get(key.removesuffix("cut")) or _SHAPES.get(key.removesuffix("shape"))


def is_shape_word(text: str) -> bool:
    """Whether a cell names a shape in a word that is no abbreviation, as those of cuts might be."""
    return shape_of(text) is not None and len(key_of(text)) > 2


def origin_of(text: str) -> str | None:
    """``natural`` or ``lab-grown``; None when a cell says neither."""
    bare = plain(text).casefold()
    if (_NATURAL.search(bare) and not _LAB.search(bare)) or bare in _NATURAL_CODES:
        return "natural"
    return "lab-grown" if _LAB.search(bare) or bare in _LAB_CODES else None


def truth_of(text: str) -> bool | None:
    """What a cell of yes and no says."""
    bare = plain(text).casefold()
    return True if bare in _TRUE else False if bare in _FALSE else None


def is_untreated(text: str) -> bool:
    """Whether a cell of treatments says that there is none."""
    bare = plain(text).casefold()
    return is_missing(text) or _UNTREATED.fullmatch(bare) is not None or truth_of(text) is False


def is_per_carat(text: str) -> bool | None:
    """Whether a unit of price is a carat (and not a stone); None when it is neither."""
    key = key_of(text)
    if key in {
        "ct",
        "carat",
        "percarat",
        "perct",
        "usdct",
        "pricepercarat",
        "ppc",
        "kt",
        "karat",
        "prokarat",
    }:
        return True
    stone = {"stone", "perstone", "total", "pc", "piece", "perpiece", "each", "pcs", "stuck", "prostuck"}
    return False if key in stone else None
