"""Takes what a quoted stone was sold for, and shows how far the quote was off."""

import streamlit as st

from dashboard.clients.api import post
from dashboard.ui.errors import show_errors
from dashboard.ui.live_error import describe_live_error, live_error, renew_live_error
from dashboard.ui.navigation import link_to
from dashboard.ui.session import may
from dashboard.ui.text import escape_markdown, format_amount

MOST = 1e9


def offer_sold_for(exchange_id: str, label: str = "Sold for ...") -> None:
    """A field for the sale price of the stone that was quoted in this exchange, where the key allows it."""
    if not may("feedback"):
        return
    with st.popover(label, icon=":material/point_of_sale:"):
        st.markdown(
            "What was this stone sold for? It is stored beside its quote, and shows how good quotes are."
        )
        with st.form(f"sold for {label}", border=False):
            price = st.number_input("Price", 0.01, MOST, None, step=1.0, format="%.2f", placeholder="in full")
            # The page is drawn anew with another exchange: what is sent is about the one that was on it.
            submitted = st.form_submit_button("Store", on_click=_remember, args=(label, exchange_id))
        if submitted and price:
            _send(str(st.session_state[_about(label)]), price)
        _show_error_so_far()
        link_to("Sales", "Hand in a file of sales")


@show_errors()
def _show_error_so_far() -> None:
    st.caption(describe_live_error(live_error()))


def _about(label: str) -> str:
    return f"exchange of {label}"


def _remember(label: str, exchange_id: str) -> None:
    st.session_state[_about(label)] = exchange_id


@show_errors()
def _send(exchange_id: str, price: float) -> None:
    stored = post("/feedback", {"exchange_id": exchange_id, "price": price})
    renew_live_error()
    amount = escape_markdown(format_amount(price, stored["currency"]))
    st.success(f"Stored: sold for {amount}. {_error(stored['quote'], price, stored['currency'])}")


def _error(quote: dict[str, float] | None, price: float, currency: str) -> str:
    """How far the quote was off, in words; empty where it is not known yet."""
    if quote is None or quote["price"] is None:
        return ""
    off = price / quote["price"] - 1
    quoted = escape_markdown(format_amount(quote["price"], currency))
    return f"It was quoted at {quoted}: the sale is {abs(off):.1%} {'above' if off >= 0 else 'below'} that."
