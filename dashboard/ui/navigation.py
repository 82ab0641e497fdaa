"""Links between the pages that keep the session, so that who follows one need not sign in again."""

from collections.abc import Mapping

import streamlit as st

_PAGES = "pages by title"


def remember_pages(pages: Mapping[str, st.Page]) -> None:
    """Notes the pages of this session, so that they can be linked."""
    st.session_state[_PAGES] = dict(pages)


def link_to(title: str, label: str) -> None:
    """A link to the page of that title; nothing where this session may not see it."""
    page = st.session_state.get(_PAGES, {}).get(title)
    if page is not None:
        st.page_link(page, label=label, icon=":material/arrow_forward:")
