"""Removes uploads that no training needs any more, for as long as the dashboard runs."""

import logging
import threading

import streamlit as st

from dashboard.clients import prefect as prefect_client
from dashboard.clients.prefect import PrefectDown, PrefectRefused
from dashboard.train import uploads

SECONDS = 10.0

log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def keep_sweeping() -> threading.Thread:
    """The one thread of this process that sweeps, from the first visit of a page on."""
    thread = threading.Thread(target=_sweep_for_ever, name="uploads", daemon=True)
    thread.start()
    return thread


def _sweep_for_ever() -> None:
    never = threading.Event()
    while not never.wait(SECONDS):
        try:
            _sweep()
        except (PrefectDown, PrefectRefused, OSError) as error:
            log.info("Old uploads stay for now: %s", error)


def _sweep() -> None:
    if uploads.old():
        uploads.sweep(prefect_client.data_in_use())
