"""How tables show what is told of versions."""

import pandas as pd
import streamlit as st

METRICS = ("mae", "rmse", "r2", "mape", "coverage")

LABELS = {
    "mae": "MAE",
    "rmse": "RMSE",
    "r2": "R²",
    "mape": "MAPE",
    "coverage": "prices in their interval",
    "rows": "stones learned from",
    "dataset": "data (fingerprint)",
    "data_from": "data from",
    "set_aside": "rows set aside",
    "git_commit": "code (git commit)",
    "created_at": "trained",
}
"""What a reader calls what is told of a version."""

FORMATS = {
    "created_at": st.column_config.DatetimeColumn("trained (UTC)", format="YYYY-MM-DD HH:mm"),
    "promoted_at": st.column_config.DatetimeColumn("promoted (UTC)", format="YYYY-MM-DD HH:mm:ss"),
    "mae": st.column_config.NumberColumn("MAE (USD)", format="%.1f"),
    "rmse": st.column_config.NumberColumn("RMSE (USD)", format="%.1f"),
    "r2": st.column_config.NumberColumn("R²", format="%.4f"),
    "mape": st.column_config.NumberColumn("MAPE", format="percent"),
    "behind": st.column_config.NumberColumn("MAE over champion's", format="%+.1f"),
    "coverage": st.column_config.NumberColumn("in interval", format="percent"),
    "rows": st.column_config.NumberColumn("rows", format="localized"),
}


def starred(versions: pd.DataFrame) -> pd.DataFrame:
    """The versions with a star for the champion."""
    return versions.assign(champion=versions["champion"].map({True: "★", False: ""}))
