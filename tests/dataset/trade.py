"""Writes clean stones as the trade writes them: names, units, cells, columns and files, each in many ways."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
import pandas as pd

from diamonds.dataset.columns.aliases import ALIASES
from diamonds.diamond import DIMENSIONS

Row = dict[str, Any]


def named(words: str) -> dict[str, str]:
    """Names of our columns in the order of ``ALIASES``."""
    return dict(zip(ALIASES, words.split(), strict=True))


NAMES: dict[str, dict[str, str]] = {
    "english": {name: name for name in ALIASES},
    "trade": {
        "carat": "Size",
        "cut": "Cut",
        "color": "Color",
        "clarity": "Clarity",
        "depth": "Depth %",
        "table": "Table %",
        "price": "Total",
        "x": "L",
        "y": "W",
        "z": "H",
    },
    "shop": {
        "carat": "Carat Weight",
        "cut": "Cut Grade",
        "color": "Color Grade",
        "clarity": "Clarity Grade",
        "depth": "Depth (%)",
        "table": "Table",
        "price": "Price",
        "x": "Width",
        "y": "Height",
        "z": "Depth",
    },
    "italian": named("carati taglio colore purezza profondità tavola prezzo lunghezza larghezza altezza"),
    "french": named("poids taille couleur pureté profondeur table prix longueur largeur hauteur"),
    "german": named("Karat Schliff Farbe Reinheit Tiefe Tafel Preis Länge Breite Höhe"),
    "spanish": named("quilates talla color claridad profundidad tabla precio largo ancho alto"),
    "portuguese": named("peso corte cor pureza profundidade mesa preço comprimento largura altura"),
    "dutch": named("karaat slijpsel kleur zuiverheid diepte tafel prijs lengte breedte hoogte"),
}
"""Names of our ten columns, by whom."""

SPACES = (" ", "\u00a0", "\u202f", "\u2009")
CUTS = {
    "Fair": ("Fair", "fair", "F", "FR", "FAIR"),
    "Good": ("Good", "GD", "G", "GOOD", "good"),
    "Very Good": ("Very Good", "VG", "very-good", "VERY_GOOD", "Very\u00a0Good", "V.Good"),
    "Premium": ("Premium", "premium", "PR"),
    "Ideal": ("Ideal", "IDEAL", "Super Ideal", "'Ideal'", "ID", "Signature Ideal"),
}
OTHER_SHAPES = ("Princess", "Oval", "Emerald", "MARQUISE", "Pear", "cushion modified")
ROUNDS = ("Round", "ROUND", "Round Brilliant", "RB", "BR", "RD")


@dataclass(slots=True)
class Listing:
    """Stones as rows of a table, and what the intake must make of them."""

    header: list[str]
    rows: list[list[Any]]
    kept: pd.DataFrame
    known: list[str]
    set_aside: dict[str, int] = field(default_factory=dict)
    decimal: str = "."
    dated: bool = False
    refusal: str | None = None


def listing(stones: pd.DataFrame, chance: Random) -> Listing:
    """The stones with the names, units and cells of one source."""
    columns: dict[str, list[Any]] = {}
    decimal = chance.choice([".", ".", ","])
    names = NAMES[chance.choice(list(NAMES))]
    known = ["carat", "cut", "color", "clarity", "price"]
    columns |= _weights(stones, names, chance, decimal)
    columns |= _grades(stones, names, chance)
    known += _percents(stones, names, chance, decimal, columns)
    known += _dimensions(stones, names, chance, decimal, columns)
    columns |= _prices(stones, names, chance, decimal)
    result = Listing([], [], stones, known, decimal=decimal)
    keep = [True] * len(stones)
    for add in (_shapes, _origins, _treatments, _currencies):  # in the order of the rules
        if chance.random() < 0.25:
            add(columns, chance, keep, result)
    if chance.random() < 0.25:
        columns |= _dates(stones, chance, result)
    if chance.random() < 0.4:
        columns |= _unused(stones, chance)
    order = list(columns)
    if chance.random() < 0.5:
        chance.shuffle(order)
    result.header, result.kept = order, stones[keep]
    result.rows = [list(row) for row in zip(*(columns[name] for name in order), strict=True)]
    return result


def number(value: float, decimal: str, digits: int = 2) -> str:
    """A number as text; nothing where it is unknown."""
    if value != value:
        return ""
    return f"{value:.{digits}f}".replace(".", decimal)


def _each(values: Sequence[float], write: Callable[[float], str]) -> list[str]:
    return ["" if value != value else write(value) for value in values]


def _weights(
    stones: pd.DataFrame, names: dict[str, str], chance: Random, decimal: str
) -> dict[str, list[Any]]:
    carats, space = list(stones["carat"]), chance.choice(SPACES)
    ways: list[Callable[[], dict[str, list[Any]]]] = [
        lambda: {
            names["carat"]: carats if decimal == "." else _each(carats, lambda value: number(value, decimal))
        },
        lambda: {names["carat"]: _each(carats, lambda value: f"{number(value, decimal)}{space}ct")},
        lambda: {names["carat"]: _each(carats, lambda value: f"{number(value, decimal)}cts")},
        lambda: {names["carat"]: _each(carats, lambda value: f"{value * 100:.0f}{space}pt")},
        lambda: {
            names["carat"]: _each(
                carats, lambda value: f"{value * 100:.0f}pt" if value < 1 else f"{value:.2f} ct"
            )
        },
        lambda: {chance.choice(["Points", "pts"]): [round(value * 100) for value in carats]},
        lambda: {names["carat"]: _each(carats, lambda value: f"[{number(value, decimal)}]")},
        lambda: {names["carat"]: _each(carats, lambda value: f"({number(value, decimal)} ct)")},
    ]
    return chance.choice(ways)()


def _grades(stones: pd.DataFrame, names: dict[str, str], chance: Random) -> dict[str, list[Any]]:
    plain = chance.random() < 0.5
    cut = [grade if plain else chance.choice(CUTS[grade]) for grade in stones["cut"]]
    lower = chance.random() < 0.2
    color = [grade.lower() if lower else grade for grade in stones["color"]]
    clarity = [grade.replace("VS", "VS-") if lower else grade for grade in stones["clarity"]]
    return {names["cut"]: cut, names["color"]: color, names["clarity"]: clarity}


def _percents(
    stones: pd.DataFrame, names: dict[str, str], chance: Random, decimal: str, columns: dict[str, list[Any]]
) -> list[str]:
    way = chance.choice(["plain", "plain", "sign", "spaced", "fraction", "absent"])
    if way == "absent":
        return []
    suffix = {"sign": "%", "spaced": "\u00a0%"}.get(way, "")
    for column in ("depth", "table"):
        values = list(stones[column])
        texts = _each(
            values, lambda v: number(v / 100, decimal, 3) if way == "fraction" else number(v, decimal, 1)
        )
        plain = way == "plain" and decimal == "."
        columns[names[column]] = values if plain else [text and text + suffix for text in texts]
    return ["depth", "table"]


def _dimensions(
    stones: pd.DataFrame, names: dict[str, str], chance: Random, decimal: str, columns: dict[str, list[Any]]
) -> list[str]:
    way = chance.choice(["plain", "plain", "mm", "together", "together", "absent"])
    if way == "absent":
        return []
    if way == "together":
        name = chance.choice(["Measurements", "dimensions", "Misure", "Maße", "Medidas", "Afmetingen"])
        columns[name] = [_together(row, chance, decimal) for row in _records(stones)]
        return list(DIMENSIONS)
    suffix = chance.choice(["", " (mm)", "_mm"]) if names["z"] != "Depth" else ""
    for column in DIMENSIONS:
        values = list(stones[column])
        unit = chance.choice([" mm", "mm", "\u202fmm"]) if way == "mm" else ""
        plain = decimal == "." and not unit
        columns[names[column] + suffix] = (
            values
            if plain
            else [cell and cell + unit for cell in _each(values, lambda v: number(v, decimal))]
        )
    return list(DIMENSIONS)


def _records(stones: pd.DataFrame) -> list[Row]:
    return [{str(name): cell for name, cell in row.items()} for row in stones.to_dict("records")]


def _together(row: Row, chance: Random, decimal: str) -> str:
    if any(row[name] != row[name] for name in DIMENSIONS):
        return ""
    x, y, z = (number(row[name], decimal) for name in DIMENSIONS)
    return chance.choice(
        [
            f"{x} x {y} x {z}", f"{x}x{y}x{z}", f"{x}-{y}x{z}", f"{x} × {y} × {z} mm", f"{x}*{y}*{z}",
            f"{x} - {y} x {z} mm", f"{x}mm x {y}mm x {z}mm", f"{x}X{y}X{z}", f"{x}–{y}×{z}",
            f"{x} / {y} / {z}",
        ]
    )  # fmt: skip


def _prices(
    stones: pd.DataFrame, names: dict[str, str], chance: Random, decimal: str
) -> dict[str, list[Any]]:
    prices, carats = list(stones["price"]), list(stones["carat"])
    thousands = "," if decimal == "." else "."
    space = chance.choice(SPACES)

    def grouped(value: float, mark: str = thousands, digits: int = 0) -> str:
        text = f"{value:,.{digits}f}".replace(",", "_").replace(".", decimal)
        return text.replace("_", mark)

    per_carat = [round(price / carat, 6) for price, carat in zip(prices, carats, strict=True)]
    rate = chance.choice(
        ["$/ct", "Price per carat", "price/ct", "USD/CT", "PPC", "Prix/ct", "Preis pro Karat"]
    )
    ways: list[Callable[[], dict[str, list[Any]]]] = [
        lambda: {names["price"]: [int(price) for price in prices]},
        lambda: {names["price"]: _each(prices, lambda v: f"${grouped(v)}")},
        lambda: {names["price"]: _each(prices, lambda v: f"US$ {grouped(v)}")},
        lambda: {names["price"]: _each(prices, lambda v: f"{grouped(v, digits=2)} USD")},
        lambda: {names["price"]: _each(prices, lambda v: grouped(v, chr(39)))},
        lambda: {names["price"]: _each(prices, lambda v: grouped(v, space) + " $")},
        lambda: {names["price"]: _each(prices, lambda v: grouped(v))},
        lambda: {
            names["price"]: _each(
                prices, lambda v: f"{grouped(v)}.-" if decimal == "." else f"{grouped(v)},-"
            )
        },
        lambda: {names["price"]: _each(prices, lambda v: f"{v:.0f}{decimal}00")},
        lambda: {names["price"]: _each(prices, lambda v: f"$ {v:.0f}")},
        lambda: {names["price"] + " (USD)": [int(price) for price in prices]},
        lambda: {rate: _each(per_carat, lambda v: number(v, decimal, 6))},
        lambda: {
            rate: _each(per_carat, lambda v: number(v, decimal, 4)),
            names["price"]: [int(p) for p in prices],
        },
    ]
    return chance.choice(ways)()


def _some_other(
    columns: dict[str, list[Any]],
    name: str,
    ours: Sequence[str],
    others: Sequence[str],
    chance: Random,
    keep: list[bool],
) -> int:
    """Adds a column in which a part of the stones are of another market; how many were of ours before."""
    share, cells, moved = chance.choice([0.0, 0.1, 0.2]), [], 0
    for row, kept in enumerate(keep):
        other = chance.random() < share
        cells.append(chance.choice(others if other else ours))
        if other and kept:
            keep[row], moved = False, moved + 1
    columns[name] = cells
    return moved


def _shapes(columns: dict[str, list[Any]], chance: Random, keep: list[bool], result: Listing) -> None:
    name = chance.choice(["Shape", "shape", "Forma", "Forme", "Vorm", "Form"])
    if moved := _some_other(columns, name, ROUNDS, OTHER_SHAPES, chance, keep):
        result.set_aside["another shape than round"] = moved


def _origins(columns: dict[str, list[Any]], chance: Random, keep: list[bool], result: Listing) -> None:
    name, ours, others = chance.choice(
        [
            ("Origin", ("Natural", "natural", "Earth mined"), ("Lab grown", "LAB-GROWN", "CVD", "Lab")),
            ("Type", ("Natural",), ("Lab", "Lab-Created")),
            ("Is Lab Grown", ("No", "no", "FALSE"), ("Yes", "TRUE")),
        ]
    )
    if moved := _some_other(columns, name, ours, others, chance, keep):
        result.set_aside["lab-grown, or of another origin than natural"] = moved


def _currencies(columns: dict[str, list[Any]], chance: Random, keep: list[bool], result: Listing) -> None:
    name = chance.choice(["Currency", "curr", "Währung", "Devise"])
    if moved := _some_other(columns, name, ("USD", "usd", "US$"), ("EUR", "€", "GBP"), chance, keep):
        result.set_aside["another currency than USD"] = moved


def _treatments(columns: dict[str, list[Any]], chance: Random, keep: list[bool], result: Listing) -> None:
    name = chance.choice(["Treatment", "Enhancement", "Behandlung"])
    if moved := _some_other(
        columns, name, ("None", "", "Untreated", "No"), ("HPHT", "Laser drilled"), chance, keep
    ):
        result.set_aside["treated"] = moved


def _dates(stones: pd.DataFrame, chance: Random, result: Listing) -> dict[str, list[Any]]:
    days = [pd.Timestamp("2025-01-01") + pd.Timedelta(days=3 * row) for row in range(len(stones))]
    form = chance.choice(
        [
            "%d/%m/%Y",
            "%m/%d/%Y",
            "%Y-%m-%d",
            "%d.%m.%y",
            "%d %b %Y",
            "%B %d, %Y",
            "%Y%m%d",
            "%Y-%m-%d %H:%M:%S",
        ]
    )
    result.dated = True
    stones["sold_at"] = days
    name = chance.choice(["Sold on", "sale date", "Verkaufsdatum", "Date de vente", "sold_at"])
    return {name: [day.strftime(form) for day in days]}


def _unused(stones: pd.DataFrame, chance: Random) -> dict[str, list[Any]]:
    pairs = {
        "Lab": ("GIA", "IGI", "HRD"),
        "Polish": ("EX", "VG"),
        "Ratio": ("1.00", "1.01", "0.99"),
        "Stock No": ("AB-1", "AB-2"),
        "Fluorescence": ("None", "Faint", "Strong Blue"),
        "Comment": ("", "eye clean", "see photo, please"),
        "%Rap": ("-20%", "-31.5%"),
    }
    names = chance.sample(list(pairs), chance.randint(1, 4))
    return {name: [chance.choice(pairs[name]) for _ in range(len(stones))] for name in names}


def as_records(table: Listing) -> list[Row]:
    """The rows as mappings, without empty cells."""
    return [
        {name: cell for name, cell in zip(table.header, row, strict=True) if cell not in ("", None)}
        for row in table.rows
    ]


def as_json(records: Sequence[Row]) -> list[Row]:
    """Records of plain numbers and text, with null for what is not known."""
    return list(json.loads(json.dumps(records, default=str).replace("NaN", "null")))


def spoil(table: Listing, chance: Random) -> None:
    """Makes what must not be read: ``refusal`` has what its error must say."""
    kept = table.kept.reset_index(drop=True)
    names = {name: position for position, name in enumerate(table.header)}
    spoiled, table.refusal = chance.choice(
        [
            (kept["price"] / 1000, "thousands"),
            (np.log(kept["price"]), "logarithms"),
            (np.log10(kept["price"]), "logarithms"),
            (kept["price"] * 100, "cents"),
            (kept["price"] / kept["carat"], "per carat"),
            (kept["price"] * 84, "another currency"),
            (kept["price"].sort_values(ignore_index=True), "do not follow"),
        ]
    )
    price = next(position for name, position in names.items() if name in ("price", "Total", "Price"))
    for row, value in zip(table.rows, spoiled, strict=True):
        row[price] = round(float(value), 4)
