"""The page *Batch*: prices for a whole file of stones."""

import hashlib
from pathlib import Path

import polars as pl
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.batch.quotes import HIGH, LOW, PRICE, QuotedFile, VersionChanged, quote_file
from dashboard.batch.stones_file import StonesFile, read_stones
from dashboard.clients.api import get
from dashboard.ui.errors import show_errors, show_no_model
from dashboard.ui.model_names import CHAMPION
from dashboard.ui.text import counted, escape_markdown
from dashboard.ui.upload_formats import ENDINGS
from diamonds.dataset import DataError, Recognised
from diamonds.diamond import FEATURES

PREVIEW_ROWS = 5
MOST_REJECTED_ROWS = 1_000
_FILE, _QUOTES = "batch file", "batch quotes"
_USD = {name: st.column_config.NumberColumn(format="dollar") for name in (PRICE, LOW, HIGH)}
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def batch_page() -> None:
    """Draws the page."""
    st.title("Price a file of stones")
    st.markdown(
        "Drop a CSV, Excel, Parquet or JSON lines file with at least carat, cut, color and clarity; "
        "usual other names of these columns are understood."
    )
    upload = st.file_uploader("File of stones", ENDINGS, key="stones")
    if upload is None:
        show_whether_a_model_is_missing()
        return
    file = parse_upload(upload)
    if file is not None:
        show_file(file)
        show_pricing(upload.name, file)


@show_errors()
def show_whether_a_model_is_missing() -> None:
    """How to train a first model, where there is none, before a file is chosen in vain."""
    if get("/models")["champion"] is None:
        show_no_model()


def parse_upload(upload: UploadedFile) -> StonesFile | None:
    """The file's stones, parsed once; None, with the error on the page, when it is no table of stones."""
    content = upload.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    parsed: tuple[str, StonesFile] | None = st.session_state.get(_FILE)
    if parsed is None or parsed[0] != digest:
        try:
            with st.spinner("Reading the file ..."):
                parsed = (digest, read_stones(upload.name, content))
        except DataError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            return None
        st.session_state[_FILE] = parsed
        st.session_state.pop(_QUOTES, None)
    return parsed[1]


def show_file(file: StonesFile) -> None:
    """How the columns were matched, the first rows, and the rejected rows with their reasons."""
    rejected = len(file.reasons) + len(file.malformed)
    st.markdown(f"**{counted(len(file.stones), 'stone')}** can be priced; {counted(rejected, 'row')} cannot.")
    with st.expander("How the columns were understood", expanded=True):
        st.markdown("\n".join(f"- {escape_markdown(line)}" for line in _describe_columns(file.recognised)))
        st.dataframe(file.rows.head(PREVIEW_ROWS), alt="The first rows of the file.")
    if rejected:
        with st.expander(f"{counted(rejected, 'row')} that cannot be priced, and why", expanded=True):
            st.dataframe(_rejected_rows(file), hide_index=True, alt="Rows that cannot be priced.")


def _describe_columns(recognised: Recognised) -> list[str]:
    """Which columns were renamed, have our own names, are missing, and were not used."""
    names = {ours: name for ours, name in recognised.names.items() if ours in FEATURES}
    renamed = [f"{name!r} was read as {ours}." for ours, name in names.items() if name != ours]
    groups = {
        "Read under the names they have": [ours for ours, name in names.items() if name == ours],
        "Not in the file, so unknown": [ours for ours in FEATURES if ours not in names],
        "Not used": [*recognised.ignored, *({*recognised.names.values()} - {*names.values()})],
    }
    return renamed + [f"{label}: {', '.join(columns)}." for label, columns in groups.items() if columns]


def _rejected_rows(file: StonesFile) -> pl.DataFrame:
    indices = sorted(file.reasons)[:MOST_REJECTED_ROWS]
    lines = file.malformed[: MOST_REJECTED_ROWS - len(indices)]
    reasons = [file.reasons[index] for index in indices] + [
        f"Another number of fields than the header: {line[:100]}" for line in lines
    ]
    return pl.DataFrame({"row": [index + 1 for index in indices] + [None] * len(lines), "reason": reasons})


@show_errors()
def show_pricing(name: str, file: StonesFile) -> None:
    """Prices the stones at the click of a button, and shows the prices."""
    models = get("/models")
    if models["champion"] is None:
        show_no_model()
        return
    names = [model["name"] for model in models["models"] if model["versions"]]
    model = st.selectbox("Model", [CHAMPION, *names], width=300, key="batch model")
    if st.button(f"Price {counted(len(file.stones), 'stone')}", type="primary", disabled=not file.stones):
        _price(file, None if model == CHAMPION else model)
    if _QUOTES in st.session_state:
        show_quotes(name, st.session_state[_QUOTES])


def _price(file: StonesFile, model: str | None) -> None:
    bar = st.progress(0.0, "Asking for prices ...")

    def show_progress(done: int, total: int) -> None:
        bar.progress(done / total, f"{done:,} of {counted(total, 'stone')}")

    try:
        st.session_state[_QUOTES] = quote_file(file, model, show_progress)
    except VersionChanged as error:
        st.warning(f"{error} Price them again, so that all prices are by one version.")
    finally:
        bar.empty()


def show_quotes(name: str, quotes: QuotedFile) -> None:
    """The prices in the order of the file, and downloads of them."""
    priced = quotes.priced
    first, second, third = st.columns(3)
    first.metric("Stones priced", f"{len(priced):,}", border=True)
    second.metric("Total price", f"${priced[PRICE].sum():,.0f}", border=True)
    third.metric("Rows without a price", f"{len(quotes.rejected):,}", border=True)
    interval = f"; {quotes.coverage:.0%} of stones sell within low and high" if quotes.coverage else ""
    st.markdown(f":small[In USD, by version `{quotes.version}`{interval}.]")
    st.dataframe(priced, hide_index=True, column_config=_USD, alt="The stones with their prices.")
    _offer_downloads(Path(name).name.partition(".")[0], quotes)


def _offer_downloads(stem: str, quotes: QuotedFile) -> None:
    csv, excel = f"{stem}-priced.csv", f"{stem}-priced.xlsx"
    with st.container(horizontal=True):
        st.download_button("Download as CSV", quotes.csv, csv, "text/csv", on_click="ignore")
        st.download_button("Download as Excel", quotes.excel, excel, _WORKBOOK, on_click="ignore")
