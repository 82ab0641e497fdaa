"""The page *Quote*: what one stone is worth, why, and what its like sold for."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.clients.api import Answer, Refused, ask
from dashboard.quote.charts import price_against_carat, waterfall
from dashboard.quote.stone_picker import Stone, pick_stone
from dashboard.ui.model_names import model_names
from dashboard.ui.problems import advised
from dashboard.ui.text import literal
from diamonds.diamond import COLUMNS, GRADES

SIMILAR_STONES = 20
CHAMPION = "the champion"
NOBODY = "no other"


def page() -> None:
    """Draws the page."""
    st.title("What is this diamond worth?")
    picked, quoted = st.columns([2, 3], gap="large")
    with picked:
        stone = pick_stone()
    beneath = st.container()
    with quoted:
        show_quotes(stone, beneath)


@advised
def show_quotes(stone: Stone, beneath: DeltaGenerator) -> None:
    """The price by the chosen models with its reasons and, beneath, similar stones."""
    names = model_names(trained=True)
    first, second = st.columns(2)
    asked = first.selectbox("Model", [CHAMPION, *names], key="model", bind="query-params")
    other = second.selectbox("Compare with", [NOBODY, *names], key="other", bind="query-params")
    chosen = [asked] if other == NOBODY else [asked, other]
    quotes = [ask("/predict", _asking(stone, model)) for model in chosen]
    show_prices(quotes)
    show_reasons(stone, asked)
    with beneath:
        show_similar(stone, quotes[0])


def _asking(stone: Stone, model: str) -> Answer:
    return stone if model == CHAMPION else {**stone, "model": model}


def show_prices(quotes: list[Answer]) -> None:
    """The prices side by side, the second with its difference from the first, and what is known of each."""
    for column, quote in zip(st.columns(len(quotes)), quotes, strict=True):
        difference = f"{quote['price'] - quotes[0]['price']:+,.2f} {quote['currency']}"
        column.metric(
            f"Price by {quote['model']}",
            f"${quote['price']:,.2f}",
            difference if quote is not quotes[0] else None,
            delta_color="off",
            border=True,
            height="stretch",
        )
    # In a row of their own, so that they stand at one height whatever is above them.
    for column, quote in zip(st.columns(len(quotes)), quotes, strict=True):
        with column:
            show_certainty(quote)


def show_certainty(quote: Answer) -> None:
    """The interval of a price where the service gives one, its warnings, and who quoted it."""
    for warning in quote.get("warnings", ()):
        st.warning(warning)
    if quote.get("low") is not None:
        st.markdown(
            rf"**\${quote['low']:,.0f} to \${quote['high']:,.0f}**: "
            f"{round(100 * quote['coverage'])} of 100 such stones sell at prices between these."
        )
    st.markdown(f":small[Quoted by version `{quote['version']}`]")


@advised
def show_reasons(stone: Stone, model: str) -> None:
    """What each feature adds to the price, as a waterfall and in words."""
    try:
        answer = ask("/explain", _asking(stone, model))
    except Refused as error:
        if error.status not in (404, 501):
            raise
        st.info(f"There are no reasons to show for this model. {error}")
        return
    st.markdown("#### Why this price")
    chart = waterfall(answer["base"], answer["contributions"], answer["price"])
    st.altair_chart(chart, alt="From the price of a usual stone to this one's, by feature.")
    with st.expander("In words"):
        st.markdown("\n".join(f"- {literal(each['text'])}" for each in answer["contributions"]))


@advised
def show_similar(stone: Stone, quote: Answer) -> None:
    """The sold stones of the same grades, nearest in weight: a chart and a table."""
    st.markdown("#### Similar stones that were sold")
    graded = {name: stone[name] for name in ("carat", *GRADES)}
    answer = ask("/similar", {**graded, "n": SIMILAR_STONES})
    if not answer["samples"]:
        st.info("No stone of exactly these grades was sold. Try a neighboring grade.")
        return
    sold = pd.DataFrame(answer["samples"], columns=list(COLUMNS))
    st.caption(f"The nearest {len(sold)} in weight of {answer['available']:,} sold stones of these grades.")
    plot, table = st.columns(2, gap="large")
    plot.altair_chart(
        price_against_carat(sold, stone["carat"], quote),
        alt="Price against carat of similar stones that were sold, with this stone marked.",
    )
    table.dataframe(
        sold[["carat", "price", *(name for name in COLUMNS if name not in ("carat", "price"))]],
        hide_index=True,
        height=360,
        column_config={"price": st.column_config.NumberColumn("price", format="dollar")},
        alt="The similar stones.",
    )
