"""Shows the model card of a version with its plots."""

import re
from base64 import b64decode

import streamlit as st

from dashboard.api_client import read
from dashboard.problems import advised

_PICTURE = re.compile(r"^!\[(?P<title>[^\]]*)\]\((?P<file>[^)]+)\)$", re.MULTILINE)


@advised
def show_card(tag: str) -> None:
    """The card's text, then its plots two by two."""
    version = read(f"/versions/{tag}")
    st.markdown(_PICTURE.sub("", version["card"]).replace("$", r"\$"))
    pictures = [found for found in _PICTURE.finditer(version["card"]) if found["file"] in version["plots"]]
    for start in range(0, len(pictures), 2):
        for column, found in zip(st.columns(2), pictures[start : start + 2], strict=False):
            column.image(b64decode(version["plots"][found["file"]]), caption=found["title"])
