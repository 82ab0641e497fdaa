"""Dialogs that take a version away as a file, and bring one back."""

from collections.abc import Callable

import streamlit as st

from dashboard.clients.api import download, upload
from dashboard.ui.problems import advised


@st.dialog("Take this version away as a file?")
@advised
def offer_download(version: str) -> None:
    """Fetches the file and offers it; says why when there is none."""
    with st.spinner("Packing the version ..."):
        content = download(f"/version_files/{version}")
    st.markdown(
        f"`{version}`, {len(content) / 1e6:,.1f} MB: `bentoml models import` takes it, and so does *Upload*."
    )
    name = f"{version.replace(':', '-')}.bentomodel"
    st.download_button(
        "Download", content, name, "application/octet-stream", on_click="ignore", type="primary"
    )


@st.dialog("Bring a version back from a file?")
@advised
def offer_upload(done: Callable[[str], None]) -> None:
    """Has the service check a file and put its version into the history; ``done`` hears what was checked."""
    st.markdown(
        "It is checked before it is loaded: that nothing in it was changed, and that it quotes as when it "
        "was judged. It is listed among its model's versions and is not promoted."
    )
    file = st.file_uploader("A version", ("bentomodel",))
    if not st.button("Upload", type="primary", disabled=file is None) or file is None:
        return
    with st.spinner("Checking the version ..."):
        answer = upload("/version_files", file.getvalue())
    done(f"{answer['imported']['version']} is in the history. {' '.join(answer['checks'])}")
    st.rerun()
