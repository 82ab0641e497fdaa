"""The names of the models, for lists to choose from."""

import streamlit as st

from dashboard.clients.api import read, service_url

_SECONDS = 10


def model_names(*, trained: bool = False) -> list[str]:
    """All models, or those with a version, as they were at most some seconds ago."""
    versions = _versions_by_name(service_url())
    return [name for name, count in versions.items() if count or not trained]


# Every request is an exchange that is kept for good: not one more for each step of a slider.
@st.cache_data(ttl=_SECONDS, show_spinner=False)
def _versions_by_name(service: str) -> dict[str, int]:  # noqa: ARG001 - what is cached is of that service
    return {model["name"]: model["versions"] for model in read("/models")["models"]}
