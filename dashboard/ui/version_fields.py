"""Labels and formats of the fields of a version."""

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
    "sold_until": "newest sale",
    "read_on": "data read on",
    "git_commit": "code (git commit)",
    "created_at": "trained",
}

COLUMN_CONFIG = {
    "created_at": st.column_config.DatetimeColumn("trained (UTC)", format="YYYY-MM-DD HH:mm"),
    "mae": st.column_config.NumberColumn("MAE (USD)", format="%.1f"),
    "rmse": st.column_config.NumberColumn("RMSE (USD)", format="%.1f"),
    "r2": st.column_config.NumberColumn("R²", format="%.4f"),
    "mape": st.column_config.NumberColumn("MAPE", format="percent"),
    "behind": st.column_config.NumberColumn("MAE over champion's", format="%+.1f"),
    "coverage": st.column_config.NumberColumn("in interval", format="percent"),
    "rows": st.column_config.NumberColumn("rows", format="localized"),
}
"""How tables of versions show their columns."""

_TEMPLATES = {
    "mae": "${:,.1f}",
    "rmse": "${:,.1f}",
    "r2": "{:.4f}",
    "mape": "{:.2%}",
    "coverage": "{:.2%}",
    "rows": "{:,}",
}


def format_field(name: str, value: object) -> str:
    """A field of a version as text, empty where it is None."""
    if value is None:
        return ""
    if name in _TEMPLATES:
        return _TEMPLATES[name].format(value)
    if name == "created_at":
        return f"{pd.Timestamp(str(value)):%Y-%m-%d %H:%M} UTC"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
