"""Switches that pause promotions, or all that the monitoring does by itself."""

import streamlit as st

from dashboard.clients.api import post
from dashboard.ui.errors import show_errors

TEXTS = {
    "promotion": "Promotions that nobody forces",
    "loop": "Trainings and rollbacks by alarms",
}


def show_switches(paused: list[str]) -> None:
    """A button for each switch, which asks for the reason."""
    st.markdown("#### Switches")
    for column, (switch, text) in zip(st.columns(len(TEXTS)), TEXTS.items(), strict=True):
        is_paused = switch in paused
        label = f"Resume the {switch} ..." if is_paused else f"Pause the {switch} ..."
        column.markdown(f"{text}: **{'paused' if is_paused else 'on'}**")
        if column.button(label, key=f"switch {switch}"):
            confirm(switch, pause=not is_paused)


@st.dialog("Why?")
@show_errors()
def confirm(switch: str, *, pause: bool) -> None:
    """Pauses or resumes once there is a reason, which stays in the history."""
    reason = st.text_input("Reason", max_chars=500)
    if st.button("Pause" if pause else "Resume", type="primary", disabled=not reason.strip()):
        post("/monitor/switches", {"switch": switch, "paused": pause, "reason": reason.strip()})
        st.rerun()
