"""An upload of sold stones: how it is read, shown before it is used, and where the flow finds it."""

from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.train import uploads
from dashboard.ui.interpretation import show_interpretation
from dashboard.ui.reading_options import ReadingOptions, choose_reading_options
from dashboard.ui.text import counted, escape_markdown
from diamonds.dataset import DataError, DataReport, Interpretation, load_dataset
from diamonds.diamond import COLUMNS


def store_upload(upload: UploadedFile) -> dict[str, Any] | None:
    """The parameters of the flow for an upload; None, with the error on the page, if it is unusable."""
    options = choose_reading_options("train")
    path = uploads.store(upload.name, upload.getvalue())
    try:
        report = _read(options.source(str(path)), options)
    except DataError as error:
        st.error(escape_markdown(str(error).replace(f"{path.parent}/", "")), icon=":material/error:")
        return None
    _show(report)
    return {"data": options.source(str(path)), **options.parameters()}


@st.cache_data(show_spinner="Reading the stones ...")
def _read(source: str, options: ReadingOptions) -> DataReport:
    """What a training would make of an upload; raises ``DataError`` when it cannot be trained on."""
    return load_dataset(source, mapping=options.mapping()).report


def _show(report: DataReport) -> None:
    aside = sum(report.set_aside.values())
    stones = counted(report.kept, "stone")
    st.caption(f"{stones} to train and judge on; {aside:,} of {report.read:,} rows set aside.")
    with st.expander("How it was understood", expanded=True):
        for table in report.tables:
            columns = {**table.columns}
            show_interpretation(
                Interpretation(table.place, columns, table.ignored, table.market_columns, notes=table.notes),
                COLUMNS,
            )
        lines = [f"Set aside: {sentence}." for sentence in report.set_aside_sentences()]
        st.markdown("\n".join(f"- {escape_markdown(line)}" for line in [*lines, *report.notes]))
