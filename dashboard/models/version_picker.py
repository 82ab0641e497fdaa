"""A selection box of versions, each labelled with its error and training time."""

import streamlit as st

from dashboard.clients.api import JsonObject
from dashboard.ui.version_fields import format_field


def pick_version(label: str, versions: list[JsonObject], index: int = 0) -> str:
    """The tag of the selected version, at first of the one at ``index``."""
    labels = {version["version"]: _label(version) for version in versions}
    tag: str = st.selectbox(label, list(labels), index=index, format_func=labels.__getitem__)
    return tag


def _label(version: JsonObject) -> str:
    trained = f"trained {format_field('created_at', version['created_at'])}"
    error = f"MAE {format_field('mae', version['mae'])}"
    return " · ".join([version["version"], error, trained, *(["champion"] if version["champion"] else [])])


def index_of_champion(versions: list[JsonObject]) -> int:
    """The index of the champion among the versions, or 0 where it is not among them."""
    return next((index for index, version in enumerate(versions) if version["champion"]), 0)
