"""Explains the grades of a diamond in a few words each, and lists those that the champion has learned."""

from collections.abc import Sequence

import streamlit as st

from dashboard.clients.api import Refused, ServiceDown, get, service_url
from diamonds.grades import GRADES

_CACHE_SECONDS = 10

MEANINGS: dict[str, dict[str, str]] = {
    "cut": {
        "Poor": "lets most of the light escape",
        "Fair": "lets much of the light escape through the sides and bottom",
        "Good": "returns most light, at a lower price than the better cuts",
        "Very Good": "returns nearly as much light as the best",
        "Premium": "returns nearly all light",
        "Ideal": "returns all the light that a round stone can",
        "Super Ideal": "a shop's own selection of Ideal stones",
    },
    "color": {
        **dict.fromkeys("ZYXWVUTS", "a light yellow or brown"),
        **dict.fromkeys("RQPON", "a very light yellow or brown"),
        **dict.fromkeys("MLK", "a faint yellow or brown, seen by the eye"),
        "J": "a faint warm tint, seen by the eye in larger stones",
        "I": "a slight warm tint, seen beside a whiter stone",
        "H": "near colorless; a tint shows only beside better stones",
        "G": "near colorless, the most bought grade",
        "F": "colorless but to an expert comparing stones",
        "E": "colorless, with a trace that only an expert finds",
        "D": "entirely colorless, the rarest grade",
    },
    "clarity": {
        "I3": "inclusions that dull the stone and may weaken it",
        "I2": "inclusions that the bare eye sees easily",
        "I1": "inclusions that the bare eye sees",
        "SI3": "inclusions that the bare eye may see",
        "SI2": "inclusions easy to see at ten times magnification",
        "SI1": "inclusions to be seen at ten times magnification",
        "VS2": "small inclusions, somewhat easy to see at ten times",
        "VS1": "small inclusions, difficult to see at ten times",
        "VVS2": "minute inclusions, very difficult to see at ten times",
        "VVS1": "minute inclusions, nearly impossible to see at ten times",
        "IF": "no inclusions at ten times magnification",
        "FL": "no inclusions and no blemishes at ten times magnification",
    },
}
"""By column and grade, each from the worst to the best."""


def learned_grades() -> dict[str, list[str]]:
    """The grades that the champion has learned, by column from the worst; cached for some seconds."""
    return _learned_grades(service_url())


# As for the names of models: not one more exchange for each step of a slider.
@st.cache_data(ttl=_CACHE_SECONDS, show_spinner=False)
def _learned_grades(service: str) -> dict[str, list[str]]:  # noqa: ARG001 - one entry of the cache a service
    try:
        answer = get("/grades")
    except (ServiceDown, Refused):  # whatever is priced next says what is wrong
        return {column: list(grades) for column, grades in GRADES.items()}
    return {column: answer[column] for column in GRADES}


def supported_weights(**grades: str) -> tuple[float, float] | None:
    """Between which weights sold stones of these grades support prices; None where that is not known."""
    return _supported_weights(service_url(), **grades)


@st.cache_data(ttl=_CACHE_SECONDS, show_spinner=False)
def _supported_weights(service: str, **grades: str) -> tuple[float, float] | None:  # noqa: ARG001
    try:
        weights = get("/grades", **grades)["weights"]
    except (ServiceDown, Refused):
        return None
    return weights and (weights["low"], weights["high"])


def explain_grades(column: str, grades: Sequence[str]) -> str:
    """The grades of a column from the worst to the best with their meanings, as Markdown."""
    lines = [f"- **{grade}**: {MEANINGS[column][grade]}" for grade in grades]
    return "\n".join(["From the lowest to the highest grade:", "", *lines])
