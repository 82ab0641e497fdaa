"""The page *Quote*: the price of one stone, its reasons, and similar stones that were sold."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.clients.api import JsonObject, Refused, post
from dashboard.quote.charts import price_against_carat, waterfall
from dashboard.quote.stone_picker import Stone, pick_stone
from dashboard.ui.errors import show_errors
from dashboard.ui.model_names import CHAMPION, model_names
from dashboard.ui.text import code, escape_markdown, format_amount
from diamonds.diamond import COLUMNS
from diamonds.grades import GRADES

SIMILAR_STONES = 20
NO_OTHER = "no other"


def quote_page() -> None:
    """Draws the page."""
    st.title("What is this diamond worth?")
    inputs, quotes = st.columns([2, 3], gap="large")
    with inputs:
        stone = pick_stone()
    beneath = st.container()
    with quotes:
        show_quotes(stone, beneath)


@show_errors()
def show_quotes(stone: Stone, beneath: DeltaGenerator) -> None:
    """The price by the selected models with its reasons and, beneath, similar stones."""
    names = model_names(trained=True)
    first, second = st.columns(2)
    model = first.selectbox("Model", [CHAMPION, *names], key="model", bind="query-params")
    other = second.selectbox("Compare with", [NO_OTHER, *names], key="other", bind="query-params")
    models = [model] if other == NO_OTHER else [model, other]
    quotes = [post("/predict", _request(stone, each)) for each in models]
    show_prices(quotes)
    show_reasons(stone, model)
    with beneath:
        show_similar(stone, quotes[0])


def _request(stone: Stone, model: str) -> JsonObject:
    return stone if model == CHAMPION else {**stone, "model": model}


def show_prices(quotes: list[JsonObject]) -> None:
    """The prices side by side, the second with its difference from the first, and the interval of each."""
    for column, quote in zip(st.columns(len(quotes)), quotes, strict=True):
        difference = f"{quote['price'] - quotes[0]['price']:+,.2f} {quote['currency']}"
        column.metric(
            f"Price by {escape_markdown(quote['model'])}",
            format_amount(quote["price"], quote["currency"], 2),
            difference if quote is not quotes[0] else None,
            delta_color="off",
            border=True,
            height="stretch",
        )
    # In a row of their own, so that they are aligned whatever is above them.
    for column, quote in zip(st.columns(len(quotes)), quotes, strict=True):
        with column:
            show_interval(quote)


def show_interval(quote: JsonObject) -> None:
    """The warnings of a quote, its interval where there is one, and its version."""
    for warning in quote.get("warnings", ()):
        st.warning(escape_markdown(warning))
    if quote.get("low") is not None:
        low, high = (format_amount(quote[bound], quote["currency"]) for bound in ("low", "high"))
        st.markdown(
            f"**{escape_markdown(low)} to {escape_markdown(high)}**: "
            f"{round(100 * quote['coverage'])} of 100 such stones sell at prices between these."
        )
    st.markdown(f":small[Quoted by version {code(quote['version'])}]")


@show_errors()
def show_reasons(stone: Stone, model: str) -> None:
    """The contribution of each feature to the price, as a waterfall and in words."""
    try:
        explanation = post("/explain", _request(stone, model))
    except Refused as error:
        if error.status not in (404, 501):
            raise
        st.info(f"There are no reasons to show for this model. {escape_markdown(str(error))}")
        return
    contributions = explanation["contributions"]
    st.markdown("#### Why this price")
    chart = waterfall(explanation["base"], contributions, explanation["price"], explanation["currency"])
    st.altair_chart(chart, alt="From the price of a usual stone to this one's, by feature.")
    with st.expander("In words"):
        st.markdown("\n".join(f"- {escape_markdown(each['text'])}" for each in contributions))


@show_errors()
def show_similar(stone: Stone, quote: JsonObject) -> None:
    """The sold stones of the same grades, nearest in weight: a chart and a table."""
    st.markdown("#### Similar stones that were sold")
    graded = {name: stone[name] for name in ("carat", *GRADES)}
    similar = post("/similar", {**graded, "n": SIMILAR_STONES})
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
    table.dataframe(
        sold[["carat", "price", *(name for name in COLUMNS if name not in ("carat", "price"))]],
        hide_index=True,
        height=360,
        column_config={"price": st.column_config.NumberColumn("price", format="localized")},
        alt="The similar stones.",
    )
