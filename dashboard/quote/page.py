"""The page *Quote*: the price of one stone, its reasons, and similar stones that were sold."""

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.clients.api import JsonObject, Refused, ask
from dashboard.clients.api import quote as quote_of
from dashboard.quote.charts import waterfall
from dashboard.quote.printing import offer_to_print
from dashboard.quote.sold_stones import show_market, show_similar
from dashboard.quote.stone_picker import Stone, pick_stone
from dashboard.quote.what_if import show_what_if
from dashboard.ui.errors import show_errors
from dashboard.ui.model_names import CHAMPION, model_names
from dashboard.ui.sold_for import offer_sold_for
from dashboard.ui.text import code, escape_markdown, format_amount
from diamonds.diamond import USUAL

_USUAL = f"{USUAL.carat:g} carat, {USUAL.cut}, {USUAL.color}, {USUAL.clarity}"
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
    quotes = [quote_of(_request(stone, each)) for each in models]
    show_prices(stone, quotes)
    with st.container(horizontal=True, key="actions"):
        offer_sold_for(quotes[0]["exchange_id"])
        offer_to_print()
    show_reasons(stone, model)
    with beneath:
        show_what_if(stone, quotes[0], None if model == CHAMPION else model)
        show_similar(stone, quotes[0])
        show_market()


def _request(stone: Stone, model: str) -> JsonObject:
    return stone if model == CHAMPION else {**stone, "model": model}


def show_prices(stone: Stone, quotes: list[JsonObject]) -> None:
    """The prices side by side, the second with its difference from the first, and the interval of each."""
    for column, quote in zip(st.columns(len(quotes)), quotes, strict=True):
        difference = f"{quote['price'] - quotes[0]['price']:+,.0f} {quote['currency']}"
        column.metric(
            f"Price by {escape_markdown(quote['model'])}",
            format_amount(quote["price"], quote["currency"]),
            difference if quote is not quotes[0] else None,
            delta_color="off",
            border=True,
            height="stretch",
        )
    _show_at_the_bottom(quotes[0])
    # In a row of their own, so that they are aligned whatever is above them.
    for column, quote in zip(st.columns(len(quotes)), quotes, strict=True):
        with column:
            per_carat = format_amount(quote["price"] / stone["carat"], quote["currency"])
            st.markdown(f"**{escape_markdown(per_carat)}** per carat")
            show_interval(quote)


def _show_at_the_bottom(quote: JsonObject) -> None:
    """The price and its interval in a bar that stays in sight in a narrow window."""
    bounds = [quote[name] for name in ("low", "high") if quote.get(name) is not None]
    price, *interval = (format_amount(amount, quote["currency"]) for amount in (quote["price"], *bounds))
    st.html(f'<div class="price-bar"><b>{escape(price)}</b> &ensp;{escape(" - ".join(interval))}</div>')


def show_interval(quote: JsonObject) -> None:
    """The warnings of a quote, its interval where there is one, and its version."""
    for warning in quote.get("warnings", ()):
        st.warning(escape_markdown(warning))
    if quote.get("low") is not None:
        low, high = (format_amount(quote[bound], quote["currency"]) for bound in ("low", "high"))
        share = f"{round(100 * quote['coverage'])} of 100 such stones sell at prices between these."
        if quote.get("supported") is False:
            share = "a guess, for too few such stones were sold."
        st.markdown(f"**{escape_markdown(low)} to {escape_markdown(high)}**: {share}")
    st.markdown(f":small[Quoted by version {code(quote['version'])} as {code(quote['exchange_id'])}]")


@show_errors()
def show_reasons(stone: Stone, model: str) -> None:
    """The contribution of each feature to the price, as a waterfall and in words."""
    try:
        explanation = ask("/explain", _request(stone, model))
    except Refused as error:
        if error.status not in (404, 501):
            raise
        st.info(f"There are no reasons to show for this model. {escape_markdown(str(error))}")
        return
    contributions = explanation["contributions"]
    st.markdown("#### Why this price")
    chart = waterfall(explanation["base"], contributions, explanation["price"], explanation["currency"])
    st.altair_chart(chart, alt="From the price of a usual stone to this one's, by feature.")
    st.caption(f"The usual stone is what most stones are like: {_USUAL}.")
    with st.expander("In words"):
        st.markdown("\n".join(f"- {escape_markdown(each['text'])}" for each in contributions))
