"""The page *Train*: starts a training run of Prefect's deployment and follows it to the promotion."""

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.clients import prefect as prefect_client
from dashboard.clients.api import Answer, read
from dashboard.clients.prefect import NotDeployed, PrefectRefused, Run
from dashboard.train import uploads
from dashboard.ui.problems import advised
from dashboard.ui.text import counted, literal
from dashboard.ui.upload_formats import ENDINGS, workbook_to_parquet
from dashboard.ui.version_fields import FORMATS, METRICS
from diamonds.dataset import DataError, load_dataset
from diamonds.settings import settings

FOLLOW_SECONDS = 2
_RUN = "run"


def page() -> None:
    """Draws the page."""
    st.title("Train")
    asked, followed = st.columns([2, 3], gap="large")
    with asked:
        ask_for_training()
    with followed:
        follow()


@advised
def ask_for_training() -> None:
    """What to train, on what, with what budget; starts it when asked to."""
    names = [model["name"] for model in read("/models")["models"]]
    models = st.pills(
        "Models",
        names,
        selection_mode="multi",
        default=names,
        key="models",
        bind="query-params",
        help="Each is trained; the best is promoted if it beats the champion.",
        wrap=True,
    )
    budget = ask_for_budget()
    upload = st.file_uploader(
        "Your own sold stones (otherwise the default data)",
        ENDINGS,
        help="Needs carat, cut, color, clarity and price; usual other names are understood.",
    )
    data = _checked(upload) if upload else None
    if st.button("Start training", type="primary", disabled=not models or (upload is not None and not data)):
        _start(models, data=data, **budget)


def ask_for_budget() -> dict[str, Any]:
    """How long to search, as parameters of the flow."""
    first, second = st.columns(2)
    trials = first.number_input(
        "Trials",
        1,
        500,
        settings().trials,
        help="Sets of parameters to try for each model.",
    )
    minutes = second.number_input(
        "Minutes at most",
        0.1,
        600.0,
        None,
        step=1.0,
        placeholder="no limit",
        help="The search of each model ends after so long, if its trials are not done before.",
    )
    force = st.checkbox(
        "Also where nothing changed",
        help="Otherwise a model is trained only if its data, its code or its budget changed.",
    )
    return {"trials": trials, "minutes": minutes, "force": force}


def _checked(upload: UploadedFile) -> str | None:
    """Keeps an upload where the flow finds it, if it can be trained on; says so or why not."""
    try:
        path = uploads.keep(*workbook_to_parquet(upload.name, upload.getvalue()))
    except DataError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return None
    try:
        kept, aside, read_rows = _usable(str(path))
    except DataError as error:
        uploads.remove(path)
        st.error(literal(str(error).replace(f"{path.parent}/", "")), icon=":material/error:")
        return None
    st.caption(f"{counted(kept, 'stone')} to train and judge on; {aside:,} of {read_rows:,} rows set aside.")
    return str(path)


@st.cache_data(show_spinner="Reading the stones ...")
def _usable(path: str) -> tuple[int, int, int]:
    """How many rows of a file are stones, break a rule, and were read; raises ``DataError``."""
    report = load_dataset(path).report
    return report.kept, sum(report.set_aside.values()), report.read


def _start(models: list[str], **parameters: Any) -> None:
    try:
        run = prefect_client.start(models, **parameters)
    except NotDeployed as error:
        st.warning(f"{error} `make run` deploys it within a minute of its start.")
    else:
        st.query_params[_RUN] = run.id


@advised
def follow() -> None:
    """The run that was started here, or else the newest: live, until it has ended."""
    run = _run_of_address() or _newest_run()
    if run is None:
        st.info("Nothing was trained here yet. Choose the models and start.")
    elif run.ended:
        show_run(run)
    else:
        watch(run.id)


def _run_of_address() -> Run | None:
    wanted = st.query_params.get(_RUN)
    try:
        return prefect_client.run(wanted) if wanted else None
    except PrefectRefused:
        st.warning("Prefect does not know the run of this page's address; it may have been deleted.")
        return None


def _newest_run() -> Run | None:
    newest = prefect_client.newest_runs(1)
    if not newest:
        return None
    st.caption("The newest run:")
    return newest[0]


@st.fragment(run_every=FOLLOW_SECONDS)
@advised
def watch(run_id: str) -> None:
    """The run as it is now, again and again; once it has ended, the page is drawn anew and asks no more."""
    run = prefect_client.run(run_id)
    if run.ended:
        st.rerun()
    show_run(run)


def show_run(run: Run) -> None:
    """How far it is and, at its end, how the models compare and who was promoted."""
    st.markdown(f"#### Run {run.name}: {run.state.lower()}")
    st.markdown(f"[See it in Prefect]({run.url}) · started {run.created_at:%Y-%m-%d %H:%M} UTC")
    for bar in prefect_client.bars(run.id):
        st.progress(min(bar.share, 1.0), f"{bar.description}: {bar.share:.0%}")
    if run.late:
        st.warning("No worker has taken it yet: one does one run after the other; `make run` starts one.")
    elif not run.ended:
        st.caption("This page follows it; you may leave, training goes on.")
    elif run.state_type == "COMPLETED":
        show_outcome(run)
    else:
        st.error(run.message or "The run did not complete; its log in Prefect has the cause.")


def show_outcome(run: Run) -> None:
    """The versions of the run with their errors, and the promotion's reason."""
    st.success(literal(run.message), icon=":material/social_leaderboard:")
    versions = _versions_of(run)
    if versions:
        rows = pd.DataFrame(versions)[["champion", "version", *METRICS]]
        rows["champion"] = rows["champion"].map({True: "★", False: ""})
        st.dataframe(
            rows.dropna(axis="columns", how="all"),
            hide_index=True,
            column_config=FORMATS,
            alt="The versions of this run.",
        )
        st.caption("Errors on the hold-out: stones that no training ever saw.")


def _versions_of(run: Run) -> list[Answer]:
    names = run.parameters.get("models") or [model["name"] for model in read("/models")["models"]]
    versions = [version for name in names for version in read(f"/models/{name}")["versions"]]
    made = [version for version in versions if version["flow_run"] == run.id]
    return sorted(made, key=lambda version: version["mae"])
