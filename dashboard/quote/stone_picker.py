"""The inputs that describe one stone."""

from typing import Any

import streamlit as st

from dashboard.ui.grades import MEANINGS, scale
from diamonds.diamond import GRADES

LIGHTEST, HEAVIEST = 0.2, 5.0
"""The range of weights that the slider offers, in carats; nearly all stones sold are within it."""

_EXACTLY = "carat exactly"
_STARTS = {"cut": "Ideal", "color": "G", "clarity": "VS2"}
_MEASURES = {
    "depth": ("Depth (%)", "2 z / (x + y), mostly 58 to 65"),
    "table": ("Table (%)", "width of the flat top against the stone's, mostly 53 to 62"),
    "x": ("Length x (mm)", "of the stone seen from above"),
    "y": ("Width y (mm)", "of the stone seen from above"),
    "z": ("Depth z (mm)", "from the flat top to the tip"),
}

Stone = dict[str, Any]


def pick_stone() -> Stone:
    """The stone as the API takes it; the address of the page keeps it, so that it can be sent to others."""
    stone: Stone = {"carat": _carat()}
    for column in GRADES:
        stone[column] = _grade(column)
    with st.expander("Measures, if you know them"):
        measured = {name: _measure(name, *texts) for name, texts in _MEASURES.items()}
    return stone | {name: value for name, value in measured.items() if value is not None}


def _carat() -> float:
    sliding, typing = st.columns([3, 1], vertical_alignment="bottom")
    carat = sliding.slider(
        "Carat",
        LIGHTEST,
        HEAVIEST,
        0.7,
        step=0.01,
        format="%.2f ct",
        key="carat",
        bind="query-params",
        help="Weight: 1 carat is 0.2 g.",
    )
    # A slider of a few hundred pixels does not stop at every hundredth.
    typing.number_input(
        "Carat, exactly",
        LIGHTEST,
        HEAVIEST,
        None,
        step=0.01,
        key=_EXACTLY,
        on_change=_slide,
        placeholder="exactly",
        label_visibility="collapsed",
    )
    return carat


def _slide() -> None:
    """Moves the slider to what was typed, and empties the field: two that show the weight could disagree."""
    if st.session_state[_EXACTLY] is not None:
        st.session_state["carat"] = st.session_state[_EXACTLY]
        st.session_state[_EXACTLY] = None


def _grade(column: str) -> str:
    grade: str = st.segmented_control(
        column.capitalize(),
        GRADES[column],
        default=_STARTS[column],
        required=True,
        key=column,
        bind="query-params",
        help=scale(column),
        wrap=True,
    )
    st.caption(f"{grade}: {MEANINGS[column][grade]}")
    return grade


def _measure(name: str, label: str, meaning: str) -> float | None:
    return st.number_input(
        label,
        0.01,
        100.0,
        None,
        step=0.01,
        key=name,
        bind="query-params",
        help=meaning,
        placeholder="unknown",
    )
