"""Dialogs that download a version as a file, and upload one."""

from collections.abc import Callable

import streamlit as st

from dashboard.clients.api import download, upload
from dashboard.ui.errors import show_errors
from dashboard.ui.text import code


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
    if not st.button("Upload", type="primary", disabled=file is None) or file is None:
        return
    with st.spinner("Checking the version ..."):
        response = upload("/version_files", file.getvalue())
    show_result(f"{response['imported']['version']} is in the history. {' '.join(response['checks'])}")
    st.rerun()
