"""A selection box of versions by error; beneath it stands when the chosen one was trained."""

import streamlit as st

from dashboard.clients.api import JsonObject
from dashboard.ui.version_fields import format_field


def pick_version(label: str, versions: list[JsonObject], index: int = 0) -> str:
    """The tag of the selected version, at first of the one at ``index``."""
    labels = {version["version"]: _label(version) for version in versions}
    tag: str = st.selectbox(label, list(labels), index=index, format_func=labels.__getitem__)
    chosen = next(version for version in versions if version["version"] == tag)
    role = "; the champion" if chosen["champion"] else ""
    st.caption(f"Trained {format_field('created_at', chosen['created_at'])}{role}.")
    return tag


def _label(version: JsonObject) -> str:
    """Short enough for a narrow window."""
    star = "★ " if version["champion"] else ""
    return f"{star}{version['version']} · MAE {format_field('mae', version['mae'])}"


def index_of_champion(versions: list[JsonObject]) -> int:
    """The index of the champion among the versions, or 0 where it is not among them."""
    return next((index for index, version in enumerate(versions) if version["champion"]), 0)
