"""The names that people give to the columns of a table of stones, in the languages and words of the trade."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from diamonds.dataset.columns.currencies import CURRENCIES

Aliases = Mapping[str, Sequence[str]]

ALIASES: Aliases = {
    "carat": (
        *("carat", "carats", "carat weight", "weight", "weight ct", "carat ct", "ct", "cts"),
        *("size", "ct weight", "cts weight", "weight carats", "weight in carats", "carat size", "crt", "wt"),
        *(
            "caratage",
            "karat",
            "kt",
            "carati",
            "caratura",
            "peso",
            "peso ct",
            "quilate",
            "quilates",
            "quilataje",
        ),
        *("peso quilates", "gewicht", "karatgewicht", "karaat", "poids", "poids carat", "stone weight"),
    ),
    "cut": (
        *(
            "cut",
            "cut grade",
            "cut quality",
            "taglio",
            "taille",
            "qualité de taille",
            "schliff",
            "schliffgüte",
        ),
        *("schliffqualität", "corte", "talla", "calidad de corte", "qualità taglio", "lapidação", "slijpsel"),
        *("make", "cut gr"),
    ),
    "color": (
        *(
            "color",
            "colour",
            "color grade",
            "colour grade",
            "col",
            "colore",
            "couleur",
            "farbe",
            "cor",
            "kleur",
        ),
        *("farbgrad", "farbton"),
    ),
    "clarity": (
        *("clarity", "clarity grade", "clar", "cla", "purity", "purezza", "pureté", "reinheit", "claridad"),
        *("pureza", "claridade", "zuiverheid", "reinheitsgrad"),
    ),
    "depth": (
        *(
            "depth",
            "depth %",
            "depth pct",
            "depth percentage",
            "total depth",
            "total depth %",
            "total depth pct",
        ),
        *(
            "% depth",
            "td %",
            "depth per",
            "profondità",
            "profondità %",
            "profondeur",
            "profondeur %",
            "tiefe",
        ),
        *("tiefe %", "gesamttiefe", "gesamthöhe %", "profundidad", "profundidad %", "profundidade"),
        *("profundidade %", "diepte", "diepte %"),
    ),
    "table": (
        *("table", "table %", "table pct", "table percentage", "% table", "table per", "tbl", "tbl %"),
        *("table size", "tavola", "tavola %", "tafel", "tafel %", "tabla", "tabla %", "mesa", "mesa %"),
    ),
    "price": (
        *(
            "price",
            "price usd",
            "usd",
            "usd price",
            "price in usd",
            "price $",
            "sale price",
            "sale price usd",
        ),
        *(
            "total",
            "total price",
            "total usd",
            "price total",
            "total amount",
            "amount",
            "net price",
            "sold price",
        ),
        *("selling price", "sold for", "price per stone", "prezzo", "prezzo totale", "prix", "prix total"),
        *("preis", "gesamtpreis", "verkaufspreis", "precio", "precio total", "preço", "preço total", "prijs"),
        *("totaalprijs", "verkoopprijs", "prix de vente", "prezzo di vendita", "precio de venta"),
    ),
    "x": (
        *("x", "x mm", "length", "length mm", "l", "lunghezza", "longueur", "länge", "longitud", "largo"),
        *("comprimento", "lengte"),
    ),
    "y": (
        *("y", "y mm", "width", "width mm", "w", "larghezza", "largeur", "breite", "ancho", "anchura"),
        *("largura", "breedte"),
    ),
    "z": (
        *("z", "z mm", "height", "height mm", "depth mm", "h", "d", "altezza", "hauteur", "höhe", "altura"),
        *("alto", "hoogte"),
    ),
}
"""Accepted names by column, in any case, accents and punctuation; ``%`` and ``$`` count as percent and usd."""

ROLES: Aliases = {
    "price per carat": (
        *(
            "price per carat",
            "price per ct",
            "price/ct",
            "price/carat",
            "$/ct",
            "$/carat",
            "usd/ct",
            "usd/carat",
        ),
        *("$ per carat", "per carat", "per ct", "/ct", "ppc", "p/ct", "rate", "rate per carat", "rate/ct"),
        *("carat price", "ct price", "prezzo al carato", "prezzo per carato", "prezzo/ct", "prix par carat"),
        *(
            "prix au carat",
            "prix/ct",
            "prix/carat",
            "preis pro karat",
            "preis je karat",
            "preis/ct",
            "karatpreis",
        ),
        *("precio por quilate", "precio/ct", "preço por quilate", "preço/ct", "prijs per karaat", "prijs/ct"),
    ),
    "points": ("points", "pts", "pt", "pointer", "point", "punti", "punkte", "puntos", "pontos", "punten"),
    "measurements": (
        *(
            "measurements",
            "measurement",
            "dimensions",
            "dimension",
            "meas",
            "measure",
            "mm",
            "measurements mm",
        ),
        *("dimensions mm", "size mm", "misure", "dimensioni", "mesures", "maße", "abmessungen", "abmessung"),
        *("medidas", "dimensiones", "medidas mm", "dimensões", "afmetingen", "afmeting", "maten", "diameter"),
        *("lxwxd", "l x w x d", "lxwxh", "l w d", "min max depth", "xyz"),
    ),
    "shape": (
        *("shape", "shapes", "stone shape", "diamond shape", "shape name", "form", "forma", "forme", "vorm"),
        *("slijpvorm", "schliffform", "schliffart", "cut shape", "shape cut", "formato", "shp"),
    ),
    "origin": (
        *("origin", "type", "diamond type", "stone type", "natural lab", "natural or lab", "growth type"),
        *("origine", "herkunft", "origen", "origem", "herkomst", "tipo", "typ", "category", "creation"),
        *(
            "natural vs lab",
            "lab or natural",
            "growth",
            "growth process",
            "growth method",
            "source",
            "nature",
        ),
    ),
    "lab-grown": (
        *(
            "lab grown",
            "is lab grown",
            "islabgrown",
            "lab created",
            "is lab created",
            "is lab",
            "lab diamond",
        ),
        *("labgrown", "synthetic", "is synthetic", "lgd", "man made", "is lab diamond"),
    ),
    "natural": ("natural", "is natural", "natural diamond", "mined"),
    "treatment": (
        *("treatment", "treatments", "treated", "is treated", "enhancement", "enhancements", "enhanced"),
        *("clarity enhanced", "trattamento", "traitement", "behandlung", "tratamiento", "tratamento"),
        *("behandeling", "color treatment", "clarity treatment"),
    ),
    "currency": (
        *("currency", "currency code", "curr", "ccy", "cur", "price currency", "valuta", "devise", "währung"),
        *("moneda", "moeda", "munt"),
    ),
    "price unit": ("price unit", "price basis", "unit of price", "price type", "priced per", "unit", "per"),
    "sold at": (
        *("sold at", "sold on", "sold", "date sold", "sale date", "date of sale", "sold date", "date", "day"),
        *("transaction date", "invoice date", "sales date", "data di vendita", "data vendita", "data"),
        *("date de vente", "vendu le", "verkaufsdatum", "verkauft am", "datum", "fecha de venta", "fecha"),
        *("vendido el", "data da venda", "data de venda", "vendido em", "verkoopdatum", "verkocht op"),
    ),
}
"""Accepted names of what is used besides: other units, what must not be mixed, and the date of a sale."""

UNUSED = {
    *("ratio", "lwratio", "rap", "percentrap", "rapprice", "rapaport", "rappercent", "discount", "disc"),
    *("polish", "pol", "symmetry", "sym", "fluorescence", "fluor", "flour", "girdle", "culet", "crown"),
    *("lab", "gradinglab", "cert", "certificate", "report", "reportno", "reportnumber", "stock", "stockno"),
    *("stocknumber", "id", "sku", "vendor", "location", "country", "city", "availability", "comments"),
}
"""Other names that are known, in the form of ``normalised``: they are no other column misspelled."""

_GENERIC = {"amount", "value", "val", "grade", "name", "code", "label", "text", "display", "title"}
_LONGEST_NAME = 60
_UNITS = {"mm": "mm", "percent": "%", "pct": "%", "cm": "cm"}
_EDGES = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the name of a column says: its role, and a unit and a currency where they are part of it."""

    role: str
    unit: str | None = None
    currency: str | None = None


def normalised(name: str) -> str:
    """The name without case, accents, spaces and punctuation, by which names are compared."""
    return re.sub(r"[\W_]+", "", _spelled(name).casefold())


def _spelled(name: str) -> str:
    text = name.replace("US$", "usd").replace("U$S", "usd").replace("%", " percent ").replace("$", " usd ")
    text = text.replace("€", " eur ").replace("\x80", " eur ").replace("£", " gbp ")
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))


_ROLES = {
    normalised(name): role for table in (ROLES, ALIASES) for role, names in table.items() for name in names
}


@lru_cache(maxsize=10_000)
def meaning_of(name: str) -> Meaning | None:
    """What a name means, whatever its currency, unit and the names of the records around it; None if unknown."""
    candidates = (_meaning(part) for part in _paths(name))
    return next((meaning for meaning in candidates if meaning), None)


def is_known(name: str) -> bool:
    """Whether this is the name of a column of a table of stones."""
    return 0 < len(name) <= _LONGEST_NAME and (meaning_of(name) is not None or normalised(name) in UNUSED)


def _paths(name: str) -> list[str]:
    """The name, and of one such as ``grading.cut.grade`` its last part that means something."""
    parts = [part for part in re.split(r"[.]|__", name) if part.strip()]
    while len(parts) > 1 and normalised(parts[-1]) in _GENERIC:
        parts.pop()
    return [name, parts[-1]] if len(parts) > 1 or (parts != [name] and parts) else [name]


def _meaning(name: str) -> Meaning | None:
    words = [word for word in _EDGES.split(_spelled(name)) if word]
    lowered = [word.casefold() for word in words]
    unit = next((_UNITS[word] for word in lowered if word in _UNITS), None)
    currency = next((CURRENCIES[word] for word in lowered if word in CURRENCIES and len(word) > 2), None)
    if role := _ROLES.get("".join(lowered)):
        return Meaning(role, unit, currency)
    priced = "".join(word for word in lowered if word not in CURRENCIES and word not in ("in", "en"))
    if currency and _ROLES.get(priced, "price") in ("price", "price per carat"):
        return (
            Meaning(_ROLES.get(priced, "price"), unit, currency) if priced in _ROLES or not priced else None
        )
    bare = "".join(word for word in lowered if word not in _UNITS and word not in ("in", "en"))
    role = _ROLES.get(bare) if unit else None
    if role == "depth" and unit in ("mm", "cm"):
        role = "z"
    return Meaning(role, unit) if role else None
