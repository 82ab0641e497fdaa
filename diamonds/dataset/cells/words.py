"""Recognises shapes, origins, treatments and units of price by the words that people write for them."""

import re
import unicodedata

from diamonds.dataset.cells.texts import is_missing, plain, words_in

ROUND = frozenset(
    words_in(
        "brillantrond, brilliantcut, rond, roundha, roundbrill, rund, brillante, runderbrillant, "
        "rundbrillant, rnd, r, roundshape, roundbrillant, rotondo, briljant, brillant, rbc, "
        "redondobrillante, rotonda, brilliantround, roundhearts, redondo, tondo, taglioabrillante, "
        "brillantetondo, rb, roundmodifiedbrilliant, rondbriljant, round, roundbrilliant, roundcut, "
        "redonda, roundidealcut, roundbrilliantcut, brilliant, ronde, br, tonda, rd"
    )
)
"""How a round brilliant is written."""
_WORDS = {
    "oval": words_in("oval, ov, ovale, ovalado, ovalmodifiedbrilliant, ovalbrilliant"),
    "princess": words_in(
        "princess, pr, pri, prin, princesa, principessa, princesse, prinzess, squaremodifiedbrilliant"
    ),
    "emerald": words_in(
        "emerald, em, eme, emeraldcut, esmeralda, smeraldo, emeraude, smaragd, emeralddiamond"
    ),
    "marquise": words_in("marquise, mq, mar, marq, marquesa, marchesa, markise, marquesina, navette"),
    "pear": words_in("pear, ps, pe, pearshape, pera, poire, goccia, tropfen, birne, gota, peer, teardrop"),
    "cushion": words_in(
        "cushion, cu, cus, cushionmodified, cushionbrilliant, cushionmodifiedbrilliant, cushioncut, "
        "cuscino, coussin, kissen, cojin, almofada, kussen"
    ),
    "radiant": words_in("radiant, ra, rad, radiante, strahlend"),
    "asscher": words_in("asscher, as, ass, squareemerald, squareemeraldcut"),
    "heart": words_in("heart, hs, ht, hea, heartshape, corazon, cuore, coeur, herz, coracao, hart"),
    "trilliant": words_in("trilliant, tr, trillion, triangle, triangular, trillant"),
    "baguette": words_in("baguette, bg, baguettes, taperedbaguette"),
    "rose": words_in("rose, rosecut"),
    "old": words_in("oldeuropean, oldeuropeancut, oec, oldmine, oldminecut, omc, oldcut"),
    "square": words_in("square, sq, carre"),
    "hexagonal": words_in("hexagonal, hexagon, octagon, kite, shield, briolette"),
}
_SHAPES = {word: shape for shape, words in _WORDS.items() for word in words} | dict.fromkeys(ROUND, "round")
SHAPES = ("round", *_WORDS)
"""The shapes that a market can be in."""

_LAB = re.compile(
    r"lab|cvd|hpht|synth|sint[eé]t|man ?made|created|grown|cultur|zucht|gezüchtet|kweek|cultiv|colt|"
    r"moissanit|simul"
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
