"""The inputs that describe one stone."""

from typing import Any

import streamlit as st

from dashboard.ui.grades import MEANINGS, explain_grades, learned_grades, supported_weights

LIGHTEST, HEAVIEST = 0.01, 100.0
"""The weights that can be typed, in carats; the slider ends where sold stones do, or at what was typed."""
_USUAL_WEIGHTS = (0.2, 5.0)

_STEP = 0.01
_DEFAULT_CARAT = 0.7
_DEFAULT_GRADES = {"cut": "Ideal", "color": "G", "clarity": "VS2"}
_SLIDER, _FIELD = "carat", "carat exactly"
_MEASURES = {
    "depth": ("Depth (%)", "2 z / (x + y), mostly 58 to 65"),
    "table": ("Table (%)", "width of the flat top against the stone's, mostly 53 to 62"),
    "x": ("Length x (mm)", "of the stone seen from above"),
    "y": ("Width y (mm)", "of the stone seen from above"),
    "z": ("Depth z (mm)", "from the flat top to the tip"),
}

Stone = dict[str, Any]


def pick_stone() -> Stone:
    """The stone as the API takes it; the page's address contains it, so that it can be sent to others."""
    stone: Stone = {"carat": _carat()}
    for column, grades in learned_grades().items():
        stone[column] = _grade(column, grades)
    with st.expander("Measures, if you know them"):
        measures = {name: _measure(name, *texts) for name, texts in _MEASURES.items()}
    return stone | {name: value for name, value in measures.items() if value is not None}


def _carat() -> float:
    low, high = _slider_ends()
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        carat = st.slider(
            "Carat",
            low,
            high,
            _DEFAULT_CARAT,
            step=_STEP,
            format="%.2f ct",
            key=_SLIDER,
            bind="query-params",
            help="Weight: 1 carat is 0.2 g.",
        )
    with right:
        _exact_carat()
    return carat


def _slider_ends() -> tuple[float, float]:
    """The weights that sold stones of the chosen grades have, and the chosen one where it is beyond them."""
    known = learned_grades()
    chosen = {column: _chosen(column) or _default(column, grades) for column, grades in known.items()}
    low, high = supported_weights(**chosen) or _USUAL_WEIGHTS
    carat = _number(_chosen(_SLIDER)) or _DEFAULT_CARAT
    return min(low, carat), max(high, carat)


def _chosen(key: str) -> Any:
    """What is chosen already: on the page or, as it opens, in its address."""
    return st.session_state.get(key, st.query_params.get(key))


def _number(text: Any) -> float | None:
    try:
        return min(max(float(text), LIGHTEST), HEAVIEST)
    except (TypeError, ValueError):
        return None


def _exact_carat() -> None:
    """A field that moves the slider: one of a few hundred pixels does not stop at every hundredth."""
    st.number_input(
        "Carat, exactly",
        LIGHTEST,
        HEAVIEST,
        None,
        step=_STEP,
        key=_FIELD,
        on_change=_move_slider,
        placeholder="exactly",
        label_visibility="collapsed",
    )


def _move_slider() -> None:
    """Moves the slider to the typed weight, and empties the field: two weights on the page could differ."""
    if st.session_state[_FIELD] is not None:
        st.session_state[_SLIDER] = st.session_state[_FIELD]
        st.session_state[_FIELD] = None


def _grade(column: str, grades: list[str]) -> str:
    grade: str = st.segmented_control(
        column.capitalize(),
        grades,
        default=_default(column, grades),
        required=True,
        key=column,
        bind="query-params",
        help=explain_grades(column, grades),
        wrap=True,
    )
    st.caption(f"{grade}: {MEANINGS[column][grade]}")
    return grade


def _default(column: str, grades: list[str]) -> str:
    usual = _DEFAULT_GRADES[column]
    return usual if usual in grades else grades[-1]


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
