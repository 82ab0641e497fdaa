"""Prints the page, or saves it as PDF, by the browser."""

import streamlit as st
from streamlit.components.v1 import html

_PRINT = "<script>window.parent.print()</script>"


def offer_to_print() -> None:
    """A button that opens the browser's dialog for printing, which saves as PDF too."""
    if st.button("Print or save as PDF", icon=":material/print:"):
        html(_PRINT, height=0)
