"""Shows the model card of a version with its charts."""

import streamlit as st

from dashboard.clients.api import get
from dashboard.models.card_charts import error_chart, importance_chart, predicted_chart, tuning_chart
from dashboard.models.card_text import card_markdown
from dashboard.ui.errors import show_errors


@show_errors()
def show_card(tag: str) -> None:
    """The card's text, and its charts beside it."""
    version = get(f"/versions/{tag}")
    with st.container(key="stacked"):
        text, charts = st.columns([3, 2], gap="large")
    text.markdown(card_markdown(version["card"]))
    figures = version["figures"]
    if figures is None:
        return
    with charts:
        st.altair_chart(predicted_chart(figures["predicted"]), alt="Predicted against true prices.")
        st.altair_chart(error_chart(figures["error"]), alt="Errors by weight.")
        st.altair_chart(importance_chart(figures["importance"]), alt="What moves prices.")
        if len(figures["tuning"]) > 1:
            st.altair_chart(tuning_chart(figures["tuning"]), alt="Errors of the trials of tuning.")
