"""An upload of sold stones: how it is read, shown before it is used, and where the flow finds it."""

from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.clients.api import get
from dashboard.ui.errors import show_errors
from dashboard.ui.interpretation import show_interpretation
from dashboard.ui.reading_options import ReadingOptions, choose_reading_options, show_unreadable
from dashboard.ui.text import code, counted, escape_markdown
from diamonds.dataset import DataError, DataReport, Interpretation, load_dataset
from diamonds.dataset.source_url import without_secrets
from diamonds.diamond import COLUMNS
from diamonds.settings import settings
from diamonds.training import uploads

_MOST_TAGS = 6


def store_upload(upload: UploadedFile) -> dict[str, Any] | None:
    """The parameters of the flow for an upload; None, with the error on the page, if it is unusable."""
    options = choose_reading_options("train")
    path = uploads.store(upload.name, upload.getvalue())
    try:
        report = _read(options.source(str(path)), options)
    except DataError as error:
        show_unreadable(str(error).replace(f"{path.parent}/", ""))
        return None
    _show(report)
    _show_trained_before(report.fingerprint)
    return {"data": options.source(str(path)), **options.parameters()}


@st.cache_data(show_spinner="Reading the stones ...")
def _read(source: str, options: ReadingOptions) -> DataReport:
    """What a training would make of an upload; raises ``DataError`` when it cannot be trained on."""
    return load_dataset(source, mapping=options.mapping()).report


@show_errors()
def show_default_data() -> None:
    """Where the default data are and, where that is wanted, what would be set aside of them and why."""
    with st.expander("The default data"):
        st.markdown(f"Read from {code(without_secrets(settings().data))}.")
        if st.toggle("Read them now, and show what is set aside", key="read default data"):
            try:
                _show(_read(settings().data, ReadingOptions("", None, None)), heading=False)
            except DataError as error:
                st.error(escape_markdown(str(error)), icon=":material/error:")


def _show_trained_before(fingerprint: str) -> None:
    """Says at once that these stones were trained on before, and what came of them."""
    answers = [get(f"/models/{model['name']}") for model in get("/models")["models"] if model["versions"]]
    versions = [each for answer in answers for each in answer["versions"] if each["dataset"] == fingerprint]
    if versions:
        tags = ", ".join(code(version["version"]) for version in versions[:_MOST_TAGS])
        st.warning(
            f"These stones were trained on before: {tags}. Unless the code or the budget changed, a model "
            "that has learned from them is not trained again.",
            icon=":material/content_copy:",
        )


def _show(report: DataReport, *, heading: bool = True) -> None:
    aside = sum(report.set_aside.values())
    stones = counted(report.kept, "stone")
    st.caption(f"{stones} to train and judge on; {aside:,} of {report.read:,} rows set aside.")
    with st.expander("How it was understood", expanded=True) if heading else st.container():
        for table in report.tables:
            columns = {**table.columns}
            show_interpretation(
                Interpretation(table.place, columns, table.ignored, table.market_columns, notes=table.notes),
                COLUMNS,
            )
        lines = [f"Set aside: {sentence}." for sentence in report.set_aside_sentences()]
        st.markdown("\n".join(f"- {escape_markdown(line)}" for line in [*lines, *report.notes]))
