"""Dialogs that download a version as a file, and upload one."""

import re
from collections.abc import Callable

import streamlit as st

from dashboard.clients.api import Refused, download, get, upload
from dashboard.ui.errors import show_errors
from dashboard.ui.text import code

_NAME = re.compile(r"([a-z0-9-]+)-([a-z0-9]{8,40})\.bentomodel")
"""The name under which a version is downloaded: its tag, with a dash."""


@st.dialog("Download this version?")
@show_errors()
def offer_download(version: str) -> None:
    """Fetches the file of the version and offers to save it."""
    with st.spinner("Packing the version ..."):
        content = download(f"/version_files/{version}")
    st.markdown(
        f"{code(version)}, {len(content) / 1e6:,.1f} MB: `bentoml models import` takes it, "
        "and so does *Upload*."
    )
    name = f"{version.replace(':', '-')}.bentomodel"
    st.download_button(
        "Download", content, name, "application/octet-stream", on_click="ignore", type="primary"
    )


@st.dialog("Upload a version?")
@show_errors()
def offer_upload(show_result: Callable[[str], None]) -> None:
    """Uploads a file, which the service verifies; calls ``show_result`` with what was verified."""
    st.markdown(
        "It is checked before it is loaded: that nothing in it was changed, and that it quotes as when it "
        "was judged. It is listed among its model's versions, and neither promoted nor accepted: it does not "
        "quote for its model's name until somebody accepts it."
    )
    file = st.file_uploader("A version", ("bentomodel",))
    existing = _existing(file.name) if file else None
    if existing:
        st.warning(f"The model store has {code(existing)} already.", icon=":material/content_copy:")
    if not st.button("Upload", type="primary", disabled=file is None or existing is not None) or file is None:
        return
    with st.spinner("Checking the version ..."):
        response = upload("/version_files", file.getvalue())
    show_result(f"{response['imported']['version']} is in the history. {' '.join(response['checks'])}")
    st.rerun()


def _existing(file_name: str) -> str | None:
    """The version that a file is by its name, if the model store has it undamaged: no need to send it."""
    named = _NAME.fullmatch(file_name)
    if named is None:
        return None
    tag = f"{named[1]}:{named[2]}"
    try:
        get(f"/versions/{tag}")
    except Refused:
        return None
    return tag
