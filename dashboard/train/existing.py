"""Lists the versions that exist before others are trained."""

import pandas as pd
import streamlit as st

from dashboard.clients.api import JsonObject
from dashboard.ui.version_fields import COLUMN_CONFIG

_COLUMNS = ["role", "model", "mae", "mape", "created_at", "rows", "dataset", "version"]


def show_existing(models: list[JsonObject]) -> None:
    """The newest version of each model, and how many there are."""
    newest = [{**model["newest"], "number": model["versions"]} for model in models if model["newest"]]
    if not newest:
        return
    with st.expander(f"Versions that exist ({sum(each['number'] for each in newest)})"):
        rows = pd.DataFrame(newest)
        rows["role"] = rows["champion"].map({True: "★", False: ""})
        st.dataframe(
            rows[_COLUMNS],
            hide_index=True,
            column_config=COLUMN_CONFIG,
            alt="The newest version of each model.",
        )
        st.caption("The newest of each model; all of them are on the page *Models*.")
