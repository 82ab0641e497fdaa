"""Dialogs that ask once more before another version quotes prices."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.clients.api import ask
from dashboard.ui.problems import advised


@st.dialog("Promote this version?")
@advised
def confirm_promotion(version: str, done: Callable[[str], None]) -> None:
    """Asks once more, says what would come of it, and promotes."""
    st.markdown(f"`{version}` would quote prices from then on, if it beats the champion on the hold-out.")
    force = st.checkbox("Promote it whatever its errors")
    if st.button("Promote", type="primary"):
        _decide("/promotions", {"version": version, "force": force}, done)


@st.dialog("Roll back to the champion before?")
@advised
def confirm_rollback(champion: str, done: Callable[[str], None]) -> None:
    """Asks once more and rolls back."""
    st.markdown(f"`{champion}` would give way to the champion before it.")
    if st.button("Roll back", type="primary"):
        _decide("/promotions/rollback", {"version": champion}, done)


def _decide(path: str, body: dict[str, Any], done: Callable[[str], None]) -> None:
    decision = ask(path, body)
    verb = "Done" if decision["promoted"] else "Not promoted"
    done(f"{verb}. {decision['reason']}")
    st.rerun()
