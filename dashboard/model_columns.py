"""How tables show what is told of versions."""

import streamlit as st

FORMATS = {
    "created_at": st.column_config.DatetimeColumn("trained (UTC)", format="YYYY-MM-DD HH:mm"),
    "promoted_at": st.column_config.DatetimeColumn("promoted (UTC)", format="YYYY-MM-DD HH:mm:ss"),
    "mae": st.column_config.NumberColumn("MAE (USD)", format="%.1f"),
    "rmse": st.column_config.NumberColumn("RMSE (USD)", format="%.1f"),
    "r2": st.column_config.NumberColumn("R²", format="%.4f"),
    "mape": st.column_config.NumberColumn("MAPE", format="percent"),
    "coverage": st.column_config.NumberColumn("in interval", format="percent"),
    "rows": st.column_config.NumberColumn("rows", format="localized"),
}
