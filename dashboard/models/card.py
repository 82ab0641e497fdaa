"""Shows the model card of a version with its figures."""

import streamlit as st

from dashboard.clients.api import read
from dashboard.models import card_charts
from dashboard.ui.problems import advised


@advised
def show_card(tag: str) -> None:
    """The card's text, and its figures beside it."""
    version = read(f"/versions/{tag}")
    with st.container(key="stacked"):
        text, drawn = st.columns([3, 2], gap="large")
    # The page has a title of its own.
    text.markdown(f"###{version['card']}".replace("$", r"\$"))
    figures = version["figures"]
    if figures is None:
        return
    with drawn:
        st.altair_chart(card_charts.predicted(figures["predicted"]), alt="Predicted against true prices.")
        st.altair_chart(card_charts.error(figures["error"]), alt="Errors by weight.")
        st.altair_chart(card_charts.importance(figures["importance"]), alt="What moves prices.")
        if len(figures["tuning"]) > 1:
            st.altair_chart(card_charts.tuning(figures["tuning"]), alt="Errors of the trials of tuning.")
