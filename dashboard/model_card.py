"""Shows the model card of a version with its figures."""

import streamlit as st

from dashboard import card_charts
from dashboard.api_client import read
from dashboard.problems import advised


@advised
def show_card(tag: str) -> None:
    """The card's text, then its figures two by two."""
    version = read(f"/versions/{tag}")
    st.markdown(version["card"].replace("$", r"\$"))
    figures = version["figures"]
    if figures is None:
        return
    left, right = st.columns(2, gap="large")
    left.altair_chart(card_charts.predicted(figures["predicted"]), alt="Predicted against true prices.")
    right.altair_chart(card_charts.error(figures["error"]), alt="Errors by weight.")
    left.altair_chart(card_charts.importance(figures["importance"]), alt="Importance of features.")
    if len(figures["tuning"]) > 1:
        right.altair_chart(card_charts.tuning(figures["tuning"]), alt="Errors of the trials of tuning.")
