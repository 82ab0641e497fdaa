"""Maps columns and grades of a file by hand, and saves the mapping for the next file of its source."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboard.ui.text import escape_markdown
from diamonds.dataset import ColumnMapping, DataError, StonesFile
from diamonds.diamond import COLUMNS
from diamonds.grades import GRADES, SCALE

AS_RECOGNISED = "as recognised"
MOST_SPELLINGS = 12
TEMPLATE = ",".join(COLUMNS) + "\n0.7,Ideal,G,VS2,61.5,56,2500,5.7,5.72,3.51\n"
_GRADES = "grades by hand"


def mapped_by_hand(base: ColumnMapping, header: Sequence[str]) -> ColumnMapping:
    """The mapping with the columns that are chosen on the page, and the grades that were chosen before."""
    columns = {}
    with st.expander("Map columns by hand"):
        for ours, place in zip(COLUMNS, _places(len(COLUMNS)), strict=True):
            name = place.selectbox(ours, [AS_RECOGNISED, *dict.fromkeys(header)], key=f"column of {ours}")
            if name != AS_RECOGNISED:
                columns[ours] = name
    return base.with_columns(columns).with_grades(st.session_state.get(_GRADES, {}))


def _places(number: int) -> list[st.delta_generator.DeltaGenerator]:
    columns = st.columns(5)
    return [columns[place % len(columns)] for place in range(number)]


def show_unknown_grades(file: StonesFile) -> None:
    """For each grade that is not understood a box to choose what it means; the choice is used at once."""
    spellings = list(unknown_grades(file))[:MOST_SPELLINGS]
    if not spellings:
        return
    st.markdown("What do these grades of the file mean?")
    for (column, spelling), place in zip(spellings, _places(len(spellings)), strict=True):
        key = f"grade {column} {spelling}"
        place.selectbox(
            f"{column} {escape_markdown(spelling)}",
            SCALE[column][::-1],
            index=None,
            key=key,
            placeholder="not known",
            on_change=_remember,
            args=(column, spelling, key),
        )


def unknown_grades(file: StonesFile) -> list[tuple[str, str]]:
    """Each column and spelling of a grade that was not understood, in the order of the file."""
    unknown = []
    for column in GRADES:
        name = file.interpretation.columns.get(column)
        if name is None:
            continue
        cells = file.rows[name].cast(pl.String).filter(file.stones[column].is_null())
        unknown += [(column, cell) for cell in cells.drop_nulls().unique(maintain_order=True) if cell.strip()]
    return unknown


def offer_to_save(mapping: ColumnMapping, columns: dict[str, str]) -> None:
    """A field for a name under which the mapping is saved; the next file of this source is read by it."""
    with st.popover("Save how this file is read", icon=":material/save:"):
        name = st.text_input("Name of the source", key="mapping name", placeholder="broker")
        if st.button("Save", disabled=not name):
            try:
                mapping.with_columns(columns | mapping.columns).save(name.strip())
            except DataError as error:
                st.error(escape_markdown(str(error)))
                return
            st.success("Saved. Choose it under *If the file is not understood*, here and on *Train*.")


def _remember(column: str, spelling: str, key: str) -> None:
    chosen = st.session_state.get(key)
    if chosen:
        grades = st.session_state.setdefault(_GRADES, {})
        grades[column] = {**grades.get(column, {}), spelling: chosen}
