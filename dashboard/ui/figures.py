"""Shows figures with their labels side by side, two in a row where the window is narrow."""

from collections.abc import Mapping

import streamlit as st


def show_figures(figures: Mapping[str, str], *, name: str = "main", border: bool = True) -> None:
    """The figures by their labels; groups of figures on one page have different names."""
    if not figures:
        return
    with st.container(key=f"figures-{name}"):  # the styles of all pages know such keys
        columns = st.columns(len(figures))
    for column, (label, value) in zip(columns, figures.items(), strict=True):
        column.metric(label, value, border=border)
