"""The page *Batch*: prices for a whole file of stones."""

import hashlib

import polars as pl
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.batch.mapping import TEMPLATE, mapped_by_hand, offer_to_save, show_unknown_grades
from dashboard.batch.priced import show_priced
from dashboard.batch.quotes import VersionChanged, quote_file
from dashboard.clients.api import get
from dashboard.ui.errors import show_errors, show_no_model, show_warning
from dashboard.ui.interpretation import show_interpretation
from dashboard.ui.model_names import CHAMPION
from dashboard.ui.reading_options import ReadingOptions, choose_reading_options, show_unreadable
from dashboard.ui.text import counted
from dashboard.ui.upload_formats import ENDINGS
from diamonds.dataset import ColumnMapping, DataError, StonesFile, header_of, read_stones

PREVIEW_ROWS = 5
MOST_REJECTED_ROWS = 1_000
_FILE, _QUOTES = "batch file", "batch quotes"


def batch_page() -> None:
    """Draws the page."""
    st.title("Price a file of stones")
    st.markdown(
        "Drop a CSV, a workbook or another file with at least carat, cut, color and clarity; "
        "usual other names of these columns are understood, in several languages."
    )
    upload = st.file_uploader("File of stones", ENDINGS, key="stones")
    if upload is None:
        st.download_button(
            "Download a template", TEMPLATE, "stones.csv", "text/csv", icon=":material/download:"
        )
        show_whether_a_model_is_missing()
        return
    options = choose_reading_options("batch")
    mapping = chosen_mapping(upload, options)
    file = parse_upload(upload, options, mapping) if mapping else None
    if file is not None and mapping is not None:
        show_file(file, priced=_QUOTES in st.session_state)
        offer_to_save(mapping, dict(file.interpretation.our_columns))
        show_pricing(upload.name, file)


@show_errors()
def show_whether_a_model_is_missing() -> None:
    """How to train a first model, where there is none, before a file is chosen in vain."""
    if get("/models")["champion"] is None:
        show_no_model()


def chosen_mapping(upload: UploadedFile, options: ReadingOptions) -> ColumnMapping | None:
    """How the file is to be read; None, with the error on the page, when it has no columns."""
    try:
        base = options.mapping()
        return mapped_by_hand(base, _header(options.source(upload.name), upload.getvalue(), base))
    except DataError as error:
        show_unreadable(str(error))
        return None


@st.cache_data(show_spinner="Reading the file ...", max_entries=4)
def _header(source: str, content: bytes, mapping: ColumnMapping) -> tuple[str, ...]:
    return header_of(source, content, mapping)


def parse_upload(upload: UploadedFile, options: ReadingOptions, mapping: ColumnMapping) -> StonesFile | None:
    """The file's stones, parsed once; None, with the error on the page, when it is no table of stones."""
    content = upload.getvalue()
    digest = f"{hashlib.sha256(content).hexdigest()} {options} {mapping}"
    parsed: tuple[str, StonesFile] | None = st.session_state.get(_FILE)
    if parsed is None or parsed[0] != digest:
        try:
            with st.spinner("Reading the file ..."):
                file = read_stones(options.source(upload.name), content, mapping=mapping)
                parsed = (digest, file)
        except DataError as error:
            show_unreadable(str(error))
            return None
        st.session_state[_FILE] = parsed
        st.session_state.pop(_QUOTES, None)
    return parsed[1]


def show_file(file: StonesFile, *, priced: bool) -> None:
    """How the file was understood, its first rows, and the rejected rows with their reasons."""
    rejected = file.reasons.count()
    priceable = counted(len(file.rows) - rejected, "stone")
    st.markdown(f"**{priceable}** can be priced; {counted(rejected, 'row')} cannot.")
    with st.expander("How the columns were understood", expanded=not priced):
        show_interpretation(file.interpretation)
        st.dataframe(file.rows.head(PREVIEW_ROWS), alt="The first rows of the file.")
        st.caption("As these rows are read:")
        st.dataframe(_as_read(file), placeholder="", alt="The first rows as they are read.")
    show_unknown_grades(file)
    if rejected:
        with st.expander(f"{counted(rejected, 'row')} that cannot be priced, and why", expanded=not priced):
            st.dataframe(_rejected_rows(file), hide_index=True, alt="Rows that cannot be priced.")


def _as_read(file: StonesFile) -> pl.DataFrame:
    asked = [file.asked] if file.has_asked else []
    return file.stones.with_columns(*asked).head(PREVIEW_ROWS)


def _rejected_rows(file: StonesFile) -> pl.DataFrame:
    rows = file.reasons.is_not_null().arg_true().head(MOST_REJECTED_ROWS)
    return pl.DataFrame({"row": rows + 1, "reason": file.reasons.gather(rows)})


@show_errors()
def show_pricing(name: str, file: StonesFile) -> None:
    """Prices the stones at the click of a button, and shows the prices."""
    models = get("/models")
    if models["champion"] is None:
        show_no_model()
        return
    names = [model["name"] for model in models["models"] if model["versions"]]
    model = st.selectbox("Model", [CHAMPION, *names], width=300, key="batch model")
    stones = file.reasons.null_count()
    if st.button(f"Price {counted(stones, 'stone')}", type="primary", disabled=not stones):
        _price(file, None if model == CHAMPION else model)
    if _QUOTES in st.session_state:
        show_priced(name, st.session_state[_QUOTES])


def _price(file: StonesFile, model: str | None) -> None:
    bar = st.progress(0.0, "Asking for prices ...")

    def show_progress(done: int, total: int) -> None:
        bar.progress(done / total, f"{done:,} of {counted(total, 'stone')}")

    try:
        st.session_state[_QUOTES] = quote_file(file, model, show_progress)
    except VersionChanged as error:
        show_warning(f"{error} Price them again, so that all prices are by one version.")
    else:
        st.rerun()  # with what was read of the file folded up, for its prices are what counts now
    finally:
        bar.empty()
