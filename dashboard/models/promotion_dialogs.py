"""Dialogs that confirm a promotion, a rollback or an acceptance."""

from collections.abc import Callable

import streamlit as st

from dashboard.clients.api import JsonObject, post
from dashboard.ui.errors import show_errors
from dashboard.ui.text import code


@st.dialog("Promote this version?")
@show_errors()
def confirm_promotion(version: str, show_result: Callable[[str], None]) -> None:
    """Promotes the version once it is confirmed; calls ``show_result`` with the decision."""
    st.markdown(
        f"{code(version)} would quote prices from then on, if it beats the champion on the market's hold-out."
    )
    force = st.checkbox("Promote it whatever its errors")
    if st.button("Promote", type="primary"):
        _decide("/promotions", {"version": version, "force": force}, show_result)


@st.dialog("Roll back to the champion before?")
@show_errors()
def confirm_rollback(champion: str, previous: str, show_result: Callable[[str], None]) -> None:
    """Makes the champion before this one champion again once it is confirmed; as ``confirm_promotion``."""
    st.markdown(f"{code(champion)} would be replaced: {code(previous)} quotes prices again.")
    if st.button("Roll back", type="primary"):
        _decide("/promotions/rollback", {"version": champion}, show_result)


@st.dialog("Accept this version?")
@show_errors()
def confirm_acceptance(version: str, model: str, show_result: Callable[[str], None]) -> None:
    """Lets the version quote for its model's name once it is confirmed; as ``confirm_promotion``."""
    st.markdown(
        f"`{version}` would quote wherever `{model}` is asked for by name, start its searches and join "
        "ensembles. The champion stays."
    )
    if st.button("Accept", type="primary"):
        post(f"/versions/{version}/acceptance", {})
        show_result(f"Done. {version} quotes for {model} from now on.")
        st.rerun()


def _decide(path: str, body: JsonObject, show_result: Callable[[str], None]) -> None:
    decision = post(path, body)
    verb = "Done" if decision["promoted"] else "Not promoted"
    show_result(f"{verb}. {decision['reason']}")
    st.rerun()
