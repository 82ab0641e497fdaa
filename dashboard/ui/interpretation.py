"""Shows how a file of stones was understood, before it is used."""

from collections.abc import Sequence

import streamlit as st

from dashboard.ui.text import escape_markdown
from diamonds.dataset import Interpretation
from diamonds.diamond import FEATURES


def show_interpretation(interpretation: Interpretation, needed: Sequence[str] = FEATURES) -> None:
    """Which column was taken for what, what is missing, what is not used, and what else there is to know."""
    st.markdown("\n".join(f"- {escape_markdown(line)}" for line in _lines(interpretation, needed)))


def _lines(interpretation: Interpretation, needed: Sequence[str]) -> list[str]:
    names = interpretation.our_columns
    renamed = [f"{name!r} was read as {ours}." for ours, name in names.items() if name != ours]
    market = [
        f"{role} is in {', '.join(map(repr, columns))}."
        for role, columns in interpretation.market_columns.items()
    ]
    groups = {
        "Read under the names they have": [ours for ours, name in names.items() if name == ours],
        "Not in the file, so unknown": [ours for ours in needed if ours not in names],
        "Not used": interpretation.ignored,
    }
    listed = [f"{label}: {', '.join(columns)}." for label, columns in groups.items() if columns]
    return [*renamed, *market, *listed, *interpretation.notes]
