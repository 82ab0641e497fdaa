"""The page "Quote": the price of one stone, and the stones that are most like it."""

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.api_client import Refused, ServiceDown, ask
from diamonds.diamond import GRADES

SIMILAR_STONES = 20


def page() -> None:
    """Draws the page."""
    st.set_page_config(page_title="Diamonds", page_icon="💎")
    st.title("What is this diamond worth?")
    stone = stone_form()
    if stone is None:
        st.info("Describe a stone and ask for its price.")
        return
    try:
        quote, similar = ask("/predict", stone), ask("/similar", graded_weight(stone))
    except ServiceDown as error:
        st.error(f"{error}. Start it with `make run`, then ask again.")
    except Refused as error:
        st.warning(str(error))
    else:
        show_quote(quote)
        show_similar(similar, stone, quote["price"])


def stone_form() -> dict[str, Any] | None:
    """The stone that was asked for, as the API takes it, or None before anything was."""
    with st.form("stone"):
        stone: dict[str, Any] = {"carat": st.number_input("Carat", 0.2, 10.0, 0.7, step=0.01)}
        for column, (name, grades) in zip(st.columns(len(GRADES)), GRADES.items(), strict=True):
            stone[name] = column.selectbox(name.capitalize(), grades, index=len(grades) // 2)
        with st.expander("Measures, if you know them"):
            for name, unit in {"depth": "%", "table": "%", "x": "mm", "y": "mm", "z": "mm"}.items():
                stone[name] = st.number_input(f"{name.capitalize()} ({unit})", 0.0, 100.0, value=None)
        asked = st.form_submit_button("Price it", type="primary")
    return {name: value for name, value in stone.items() if value is not None} if asked else None


def graded_weight(stone: dict[str, Any]) -> dict[str, Any]:
    """What ``/similar`` takes of a stone."""
    return {name: stone[name] for name in ("carat", *GRADES)} | {"n": SIMILAR_STONES}


def show_quote(quote: dict[str, Any]) -> None:
    """The price, with its interval where the service gives one."""
    st.metric("Price", f"{quote['price']:,.0f} {quote['currency']}")
    if quote.get("low") is not None:
        low, high = f"{quote['low']:,.0f}", f"{quote['high']:,.0f}"
        st.caption(f"{quote['coverage']:.0%} of such stones sell between {low} and {high}.")
    st.caption(f"Quoted by {quote['version']}")


def show_similar(similar: dict[str, Any], stone: dict[str, Any], price_usd: float) -> None:
    """The stones of the same grades that are nearest in weight: a chart and a table."""
    st.subheader("Similar stones that were sold")
    if not similar["samples"]:
        st.info("No stone of exactly these grades was ever sold.")
        return
    sold = pd.DataFrame(similar["samples"])
    quoted = pd.DataFrame([{"carat": stone["carat"], "price": price_usd}])
    axes = {
        "x": alt.X("carat", title="Carat", scale=alt.Scale(zero=False)),
        "y": alt.Y("price", title="Price in USD", scale=alt.Scale(zero=False)),
    }
    points = alt.Chart(sold).mark_circle(size=70).encode(**axes, tooltip=list(sold.columns))
    star = alt.Chart(quoted).mark_point(shape="diamond", size=200, color="red", filled=True).encode(**axes)
    st.altair_chart(points + star)
    st.caption(f"{len(sold)} of {similar['available']} stones of these grades. Red: this quote.")
    st.dataframe(sold, hide_index=True)


page()
