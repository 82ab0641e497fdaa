"""Lists the names of the models, for selection boxes."""

import streamlit as st

from dashboard.clients.api import get, service_url

CHAMPION = "the champion"
"""The option that stands for no model in particular."""

_CACHE_SECONDS = 10


def model_names(*, trained: bool = False) -> list[str]:
    """The names of all models, or of those with a version; cached for some seconds."""
    return [name for name, count in _version_counts(service_url()).items() if count or not trained]


# Every request is recorded as an exchange for good: not one more for each step of a slider.
@st.cache_data(ttl=_CACHE_SECONDS, show_spinner=False)
def _version_counts(service: str) -> dict[str, int]:  # noqa: ARG001 - one entry of the cache a service
    return {model["name"]: model["versions"] for model in get("/models")["models"]}
