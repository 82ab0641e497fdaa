"""The page *Train*: a form that starts training runs, and the progress of a run beside it."""

import streamlit as st

from dashboard.train.form import show_form
from dashboard.train.run import show_current_run


def train_page() -> None:
    """Draws the page."""
    st.title("Train")
    form, run = st.columns([2, 3], gap="large")
    with form:
        show_form()
    with run:
        show_current_run()
