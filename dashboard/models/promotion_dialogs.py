"""Dialogs that confirm a promotion or a rollback."""

from collections.abc import Callable

import streamlit as st

from dashboard.clients.api import JsonObject, post
from dashboard.ui.errors import show_errors


@st.dialog("Promote this version?")
@show_errors()
def confirm_promotion(version: str, show_result: Callable[[str], None]) -> None:
    """Promotes the version once it is confirmed; calls ``show_result`` with the decision."""
    st.markdown(f"`{version}` would quote prices from then on, if it beats the champion on the hold-out.")
    force = st.checkbox("Promote it whatever its errors")
    if st.button("Promote", type="primary"):
        _decide("/promotions", {"version": version, "force": force}, show_result)


@st.dialog("Roll back to the champion before?")
@show_errors()
def confirm_rollback(champion: str, show_result: Callable[[str], None]) -> None:
    """Makes the champion before this one champion again once it is confirmed; as ``confirm_promotion``."""
    st.markdown(f"`{champion}` would be replaced by the champion before it.")
    if st.button("Roll back", type="primary"):
        _decide("/promotions/rollback", {"version": champion}, show_result)


def _decide(path: str, body: JsonObject, show_result: Callable[[str], None]) -> None:
    decision = post(path, body)
    verb = "Done" if decision["promoted"] else "Not promoted"
    show_result(f"{verb}. {decision['reason']}")
    st.rerun()
