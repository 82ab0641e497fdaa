"""Tells versions of models in words, and lets one be chosen."""

import pandas as pd
import streamlit as st

from dashboard.api_client import Answer

_SHOWN = {
    "mae": "${:,.1f}",
    "rmse": "${:,.1f}",
    "r2": "{:.4f}",
    "mape": "{:.2%}",
    "coverage": "{:.2%}",
    "rows": "{:,}",
}


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


def text_of(name: str, value: object) -> str:
    """What is told of a version under that name, as a reader has it."""
    if name in _SHOWN and value is not None:
        return _SHOWN[name].format(value)
    if name == "created_at":
        return f"{pd.Timestamp(str(value)):%Y-%m-%d %H:%M} UTC"
    return f"{value:.5g}" if isinstance(value, float) else str(value if value is not None else "")
