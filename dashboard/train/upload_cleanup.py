"""Deletes uploads that no training needs any more, in a thread that runs as long as the dashboard."""

import logging
import threading

import streamlit as st

from diamonds.prefect_api.requests import PrefectDown, PrefectRefused
from diamonds.prefect_api.runs import data_in_use
from diamonds.training import uploads

INTERVAL_SECONDS = 10.0

log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def start_upload_cleanup() -> threading.Thread:
    """Starts the thread at the first visit of a page; there is one a process."""
    thread = threading.Thread(target=_clean_up_repeatedly, name="uploads", daemon=True)
    thread.start()
    return thread


def _clean_up_repeatedly() -> None:
    never = threading.Event()
    while not never.wait(INTERVAL_SECONDS):
        try:
            _clean_up()
        except (PrefectDown, PrefectRefused, OSError) as error:
            log.info("Old uploads are not deleted for now: %s", error)


def _clean_up() -> None:
    if uploads.expired():
        uploads.delete_expired(data_in_use())
