"""How what is told of versions is shown."""

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

_SHOWN = {
    "mae": "${:,.1f}",
    "rmse": "${:,.1f}",
    "r2": "{:.4f}",
    "mape": "{:.2%}",
    "coverage": "{:.2%}",
    "rows": "{:,}",
}


def text_of(name: str, value: object) -> str:
    """What is told of a version under that name, as a reader has it."""
    if name in _SHOWN and value is not None:
        return _SHOWN[name].format(value)
    if name == "created_at":
        return f"{pd.Timestamp(str(value)):%Y-%m-%d %H:%M} UTC"
    return f"{value:.5g}" if isinstance(value, float) else str(value if value is not None else "")
