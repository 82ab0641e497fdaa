"""Lets a version be chosen by what it is."""

import streamlit as st

from dashboard.clients.api import Answer
from dashboard.ui.version_fields import text_of


def pick_version(label: str, versions: list[Answer], index: int = 0) -> str:
    """The tag of the version that is chosen by what it is."""
    told = {each["version"]: _told(each) for each in versions}
    chosen: str = st.selectbox(label, list(told), index=index, format_func=told.__getitem__)
    return chosen


def _told(version: Answer) -> str:
    trained = f"trained {text_of('created_at', version['created_at'])}"
    error = f"MAE {text_of('mae', version['mae'])}"
    return " · ".join([version["version"], error, trained, *(["champion"] if version["champion"] else [])])


def place_of_champion(versions: list[Answer]) -> int:
    """Where the champion is among the versions, or the first place."""
    return next((place for place, each in enumerate(versions) if each["champion"]), 0)
