"""The form that starts a training run: models, budget, and an upload of sold stones."""

from typing import Any

import streamlit as st

from dashboard.clients.api import get
from dashboard.train.existing import show_existing
from dashboard.train.run import RUN_PARAMETER
from dashboard.train.sold_stones import show_default_data, store_upload
from dashboard.ui.errors import show_errors
from dashboard.ui.session import require
from dashboard.ui.text import escape_markdown
from dashboard.ui.upload_formats import ENDINGS
from diamonds.prefect_api.runs import NotDeployed, start_training
from diamonds.settings import settings

CANDIDATES_ONLY = "nothing: train candidates, and promote by hand"
BY_GATE = "promote the best, if it is better for certain"


@show_errors()
def show_form() -> None:
    """The inputs, and the button that starts a run with them."""
    answer = get("/models")
    names = [model["name"] for model in answer["models"]]
    models = st.pills(
        "Models",
        names,
        selection_mode="multi",
        default=names,
        key="models",
        bind="query-params",
        format_func=escape_markdown,
        help="Each is trained, the ensemble after the others.",
        wrap=True,
    )
    budget = _budget_inputs()
    upload = st.file_uploader(
        "Your own sold stones (otherwise the default data)",
        ENDINGS,
        help="Needs carat, cut, color, clarity and price; usual other names are understood.",
    )
    data = store_upload(upload) if upload else None
    if upload is None:
        show_default_data()
    candidates_only = _champion_stays(has_champion=answer["champion"] is not None, own_data=bool(data))
    show_existing(answer["models"])
    if st.button("Start training", type="primary", disabled=not models or (upload is not None and not data)):
        _start(models, **budget, **(data or {"data": None}), candidates_only=candidates_only)


def _champion_stays(*, has_champion: bool, own_data: bool) -> bool:
    """Whether the run must leave the champion alone: unless chosen otherwise, or nobody quotes yet."""
    if own_data:
        st.info(
            "What learns from these stones is not promoted by itself, for they are not the market that is "
            "configured. Compare it with the champion on the page *Models* afterwards.",
            icon=":material/info:",
        )
        return False  # the decision says what to do with it instead
    chosen = st.radio(
        "What may this run do to the champion?",
        [CANDIDATES_ONLY, BY_GATE],
        index=0 if has_champion else 1,
        key="promotion",
    )
    return chosen == CANDIDATES_ONLY


def _budget_inputs() -> dict[str, Any]:
    """The budget of the search, as parameters of the flow."""
    first, second = st.columns(2)
    trials = first.number_input(
        "Trials", 1, 500, settings().trials, help="Sets of parameters to try for each model."
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


def _start(models: list[str], **parameters: Any) -> None:
    try:
        require("admin")
        run = start_training(models, **parameters)
    except NotDeployed as error:
        st.warning(f"{escape_markdown(str(error))} `make run` deploys it within a minute of its start.")
    else:
        st.query_params[RUN_PARAMETER] = run.id
