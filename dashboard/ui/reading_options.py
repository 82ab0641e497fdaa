"""The inputs that say how a file is to be read where that is not seen from the file itself."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.ui.text import escape_markdown
from diamonds.dataset.mapping import ColumnMapping, mapping_names

_AS_RECOGNISED = "as recognised"
_HEADING = "If the file is not understood"


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Which part of a file to read, by which saved mapping, and the names of columns without a header."""

    part: str
    saved: str | None
    columns: str | None

    def source(self, name: str) -> str:
        """The name of the file with the part of it."""
        return f"{name}#{self.part}" if self.part else name

    def mapping(self) -> ColumnMapping:
        """The mapping of its columns."""
        return ColumnMapping.chosen(self.saved, self.columns)

    def parameters(self) -> dict[str, Any]:
        """The parameters of the flow that say the same."""
        return {"mapping": self.saved, "columns": self.columns}


def show_unreadable(problem: str) -> None:
    """Why a file cannot be read, and where on the page to say how it is to be."""
    st.error(escape_markdown(problem), icon=":material/error:")
    st.caption(f"A sheet, or names of columns, can be given above under *{_HEADING}*.")


def choose_reading_options(page: str) -> ReadingOptions:
    """The options that are chosen on the page; most files need none."""
    with st.expander(_HEADING):
        part = st.text_input(
            "Sheet, table or file in it", key=f"{page} part", placeholder="the one with stones"
        )
        columns = st.text_input(
            "Columns in their order, where it has no header",
            key=f"{page} columns",
            placeholder="carat,cut,color,clarity,depth,table,price,x,y,z",
        )
        saved = st.selectbox(
            "Saved mapping of columns", [_AS_RECOGNISED, *mapping_names()], key=f"{page} mapping"
        )
    return ReadingOptions(part.strip(), None if saved == _AS_RECOGNISED else saved, columns.strip() or None)
