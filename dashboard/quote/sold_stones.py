"""Shows sold stones like a quoted one, and what market prices were learned from."""

import pandas as pd
import streamlit as st

from dashboard.clients.api import JsonObject, ask, get
from dashboard.quote.charts import price_against_carat
from dashboard.quote.stone_picker import Stone
from dashboard.ui.errors import show_errors
from diamonds.diamond import COLUMNS
from diamonds.grades import GRADES

NUMBERS = (20, 50, 100)


@show_errors()
def show_similar(stone: Stone, quote: JsonObject) -> None:
    """The sold stones of the same grades, nearest in weight: a chart and a table."""
    st.markdown("#### Similar stones that were sold")
    graded = {name: stone[name] for name in ("carat", *GRADES)}
    number = st.segmented_control(
        "How many",
        NUMBERS,
        default=NUMBERS[0],
        required=True,
        key="number of sold stones",
    )
    similar = ask("/similar", {**graded, "n": number})
    if not similar["samples"]:
        st.info("No stone of exactly these grades was sold. Try a neighboring grade.")
        return
    sold = pd.DataFrame(similar["samples"], columns=list(COLUMNS))
    st.caption(f"The nearest {len(sold)} in weight of {similar['available']:,} sold stones of these grades.")
    plot, table = st.columns(2, gap="large")
    plot.altair_chart(
        price_against_carat(sold, stone["carat"], quote),
        alt="Price against carat of similar stones that were sold, with this stone marked.",
    )
    with table:
        show_sold(sold)


def show_sold(sold: pd.DataFrame) -> None:
    """A table of sold stones within a range of weights; a click on a heading sorts it."""
    low, high = float(sold["carat"].min()), float(sold["carat"].max())
    if low < high:
        low, high = st.slider("Weights to show", low, high, (low, high), step=0.01, format="%.2f ct")
    within = sold[sold["carat"].between(low, high)]
    within = within.assign(**{"per carat": within["price"] / within["carat"]})
    first = ["carat", "price", "per carat"]
    amount = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        within[[*first, *(name for name in COLUMNS if name not in first)]].round({"per carat": 0}),
        hide_index=True,
        height=360,
        column_config={
            "carat": st.column_config.NumberColumn(format="%.2f"),
            "price": amount,
            "per carat": amount,
        },
        alt="The similar stones.",
    )


@show_errors()
def show_market() -> None:
    """From how many sold stones, of which market, and when the champion has learned."""
    champion, market = get("/models")["champion"], get("/grades")["market"]
    if champion is None or champion["rows"] is None:
        return
    stones = f"{champion['rows']:,} {market['treatment']} {market['origin']} {market['shape']} stones"
    learned = f"{pd.Timestamp(champion['created_at']):%Y-%m-%d}"
    st.caption(
        f"Prices were learned on {learned} from {stones} that were sold, in {market['currency']}. "
        f"{market_date(champion)}"
    )


def market_date(champion: JsonObject) -> str:
    """Of when the market's data are, in a sentence; empty where a version does not say."""
    if champion["sold_until"]:
        return f"The newest of these sales is of **{champion['sold_until']}**."
    if champion["read_on"]:
        return f"The market's data have no dates of sale; they were read on **{champion['read_on']}**."
    return ""
