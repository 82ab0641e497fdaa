"""Shows what a stone would cost at neighbouring grades and weights."""

from collections.abc import Iterator

import pandas as pd
import streamlit as st

from dashboard.clients.api import JsonObject, ask
from dashboard.ui.errors import show_errors
from dashboard.ui.grades import learned_grades
from dashboard.ui.text import format_amount
from diamonds.diamond import DIMENSIONS

ROUND_WEIGHTS = (0.3, 0.4, 0.5, 0.7, 0.9, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
"""Weights from which on the trade pays more per carat."""

Variant = tuple[str, JsonObject]


@show_errors()
def show_what_if(stone: JsonObject, quote: JsonObject, model: str | None) -> None:
    """A table of stones that differ from this one by a step of a grade or by weight, with their prices."""
    variants = [("this stone", stone), *variants_of(stone, learned_grades())]
    answer = ask("/predict_batch", {"diamonds": [each for _, each in variants], "model": model})
    st.markdown("#### What if")
    rows = pd.DataFrame(
        [
            _row(name, each, price, quote)
            for (name, each), price in zip(variants, answer["predictions"], strict=True)
        ]
    )
    if not rows["remarks"].any():
        rows = rows.drop(columns="remarks")
    st.dataframe(
        rows,
        hide_index=True,
        height=35 * (len(rows) + 1) + 2,
        column_config=_columns(quote["currency"]),
        alt="Prices at neighbouring grades and weights.",
    )


def variants_of(stone: JsonObject, grades: dict[str, list[str]]) -> Iterator[Variant]:
    """Stones with the next grade up and down in each column, and at weights to either side of a threshold."""
    for column, scale in grades.items():
        if stone[column] not in scale:
            continue
        place = scale.index(stone[column])
        for other in scale[max(place - 1, 0) : place] + scale[place + 1 : place + 2]:
            yield f"{column} {other}", {**stone, column: other}
    # Of another weight, its dimensions would be others as well.
    bare = {name: value for name, value in stone.items() if name not in DIMENSIONS}
    for carat in weights_around(stone["carat"]):
        yield f"{carat:.2f} carat", {**bare, "carat": carat}


def weights_around(carat: float) -> list[float]:
    """Just under and at the round weights next to this one."""
    below = [each for each in ROUND_WEIGHTS if each <= carat][-1:]
    above = [each for each in ROUND_WEIGHTS if each > carat][:1]
    sides = {side for each in (*below, *above) for side in (round(each - 0.01, 2), each)}
    return sorted(sides - {round(carat, 2)})


def _row(name: str, stone: JsonObject, price: JsonObject, quote: JsonObject) -> JsonObject:
    return {
        "what if": name,
        "price": price["price"],
        "remarks": "beyond the sold stones" if price.get("supported") is False else "",
        "difference": price["price"] - quote["price"],
        "percent": price["price"] / quote["price"] - 1,
        "per carat": price["price"] / stone["carat"],
    }


def _columns(currency: str) -> JsonObject:
    sign = format_amount(0, currency).removesuffix("0")
    return {
        "price": st.column_config.NumberColumn(f"price ({currency})", format=f"{sign}%,.0f"),
        "difference": st.column_config.NumberColumn(format="%+,.0f"),
        "percent": st.column_config.NumberColumn("%", format="percent"),
        "per carat": st.column_config.NumberColumn(format="%,.0f"),
    }
