"""Shows a training run: its progress while it runs, then its versions and the decision on a promotion."""

import pandas as pd
import streamlit as st

from dashboard.clients.api import JsonObject, get
from dashboard.ui.errors import show_errors
from dashboard.ui.session import require
from dashboard.ui.text import escape_lines, escape_markdown, visible
from dashboard.ui.version_fields import COLUMN_CONFIG, METRICS
from diamonds.prefect_api.requests import PrefectRefused
from diamonds.prefect_api.runs import (
    CANCELLING,
    Run,
    cancel,
    get_run,
    log_of,
    newest_run,
    progress_of,
)

REFRESH_SECONDS = 2
MOST_LINES = 200
RUN_PARAMETER = "run"
"""The parameter of the page's address that holds the id of the run."""


@show_errors()
def show_current_run() -> None:
    """The run in the page's address, or else the newest, refreshed until it has ended."""
    run = _run_of_address() or _newest_run()
    if run is None:
        st.info("Nothing was trained here yet. Choose the models and start.")
    elif run.ended:
        show_run(run)
    else:
        refresh(run.id)


def _run_of_address() -> Run | None:
    run_id = st.query_params.get(RUN_PARAMETER)
    try:
        return get_run(run_id) if run_id else None
    except PrefectRefused:
        st.warning("Prefect does not know the run of this page's address; it may have been deleted.")
        return None


def _newest_run() -> Run | None:
    run = newest_run()
    if run is not None:
        st.caption("The newest run:")
    return run


@st.fragment(run_every=REFRESH_SECONDS)
@show_errors()
def refresh(run_id: str) -> None:
    """The run in its present state, repeatedly; once it has ended the page is drawn anew without this."""
    run = get_run(run_id)
    if run.ended:
        st.rerun()
    show_run(run)


def show_run(run: Run) -> None:
    """The state and progress of a run and, at its end, its outcome."""
    st.markdown(f"#### Run {escape_markdown(run.name)}: {escape_markdown(run.state.lower())}")
    st.markdown(f"[See it in Prefect]({run.url}) · started {run.created_at:%Y-%m-%d %H:%M} UTC")
    for progress in progress_of(run.id):
        st.progress(
            min(progress.share, 1.0), f"{escape_markdown(progress.description)}: {progress.share:.0%}"
        )
    if run.late:
        st.warning("No worker has started it yet: one does one run after the other; `make run` starts one.")
    elif not run.ended:
        st.caption("This page follows it; you may leave, training goes on.")
    elif run.state_type == "COMPLETED":
        show_outcome(run)
    elif run.state_type == "CANCELLED":
        st.warning("It was cancelled. What it had trained before that stays.", icon=":material/cancel:")
        show_versions_of(run)
    else:
        st.error(escape_lines(run.message) or "The run did not complete; its log has the cause.")
    if not run.ended:
        offer_to_cancel(run)
    show_log(run)


def offer_to_cancel(run: Run) -> None:
    """A button that stops the run, once it is confirmed."""
    if run.state_type == CANCELLING:
        st.caption("It is being cancelled.")
        return
    with st.popover("Cancel ...", icon=":material/cancel:"):
        st.markdown("Stop this training? Models that it has finished stay; the champion stays as well.")
        if st.button("Cancel the training", type="primary", key=f"cancel {run.id}"):
            require("admin")
            cancel(run.id)


def show_log(run: Run) -> None:
    """The newest lines of the run's log, where they are wanted."""
    if not st.toggle("Show the log", key=f"log {run.id}"):
        return
    lines = [f"{line.at:%H:%M:%S}  {visible(line.message)}" for line in log_of(run.id, MOST_LINES)]
    st.code("\n".join(lines) or "Nothing is logged yet.", language=None, height=300, wrap_lines=True)
    st.caption(f"Times in UTC; at most the newest {MOST_LINES} lines.")


def show_outcome(run: Run) -> None:
    """The versions of the run with their errors, and the reason why one was promoted or not."""
    st.success(escape_lines(run.message), icon=":material/social_leaderboard:")
    show_versions_of(run)


def show_versions_of(run: Run) -> None:
    """The versions that the run has trained, with their errors."""
    versions = _versions_of(run)
    if versions:
        rows = pd.DataFrame(versions)[["champion", "version", *METRICS]]
        rows["champion"] = rows["champion"].map({True: "★", False: ""})
        st.dataframe(
            rows.dropna(axis="columns", how="all"),
            hide_index=True,
            column_config=COLUMN_CONFIG,
            alt="The versions of this run.",
        )
        st.caption("Errors on the hold-out: stones that no training ever saw.")


def _versions_of(run: Run) -> list[JsonObject]:
    names = run.parameters.get("models") or [model["name"] for model in get("/models")["models"]]
    versions = [version for name in names for version in get(f"/models/{name}")["versions"]]
    return sorted(
        (version for version in versions if version["flow_run"] == run.id),
        key=lambda version: version["mae"],
    )
