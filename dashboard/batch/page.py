"""The page *Batch*: prices for a whole file of stones."""

import hashlib
from pathlib import Path

import polars as pl
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.batch.quotes import HIGH, LOW, PRICE, Quoted, VersionChanged, quote_file
from dashboard.batch.stones_file import StonesFile, read_stones
from dashboard.clients.api import read
from dashboard.ui.problems import advised, show_no_model
from dashboard.ui.text import counted, literal
from dashboard.ui.upload_formats import ENDINGS
from diamonds.dataset import DataError, Recognised
from diamonds.diamond import FEATURES

CHAMPION = "the champion"
PREVIEWED_ROWS = 5
SHOWN_REASONS = 1_000
_FILE, _QUOTED = "batch file", "batch quotes"
_USD = {name: st.column_config.NumberColumn(format="dollar") for name in (PRICE, LOW, HIGH)}
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def page() -> None:
    """Draws the page."""
    st.title("Price a file of stones")
    st.markdown(
        "Drop a CSV, Excel, Parquet or JSON lines file with at least carat, cut, color and clarity; "
        "usual other names of these columns are understood."
    )
    upload = st.file_uploader("File of stones", ENDINGS, key="stones")
    if upload is None:
        show_what_is_missing()
        return
    file = understood(upload)
    if file is not None:
        show_understanding(file)
        ask_and_show(upload.name, file)


@advised
def show_what_is_missing() -> None:
    """What stands against pricing, for those who have not looked for a file yet."""
    if read("/models")["champion"] is None:
        show_no_model()


def understood(upload: UploadedFile) -> StonesFile | None:
    """The file's stones, read once; None, with advice on the page, when it is no table of stones."""
    content = upload.getvalue()
    identity = hashlib.sha256(content).hexdigest()
    kept = st.session_state.get(_FILE)
    if kept is None or kept[0] != identity:
        try:
            with st.spinner("Reading the file ..."):
                kept = (identity, read_stones(upload.name, content))
        except DataError as error:
            st.error(literal(str(error)), icon=":material/error:")
            return None
        st.session_state[_FILE] = kept
        st.session_state.pop(_QUOTED, None)
    file: StonesFile = kept[1]
    return file


def show_understanding(file: StonesFile) -> None:
    """How the columns were read, the first rows, and the rows that are no stones."""
    unusable = len(file.reasons) + len(file.malformed)
    st.markdown(f"**{counted(len(file.stones), 'stone')}** can be priced; {counted(unusable, 'row')} cannot.")
    with st.expander("How the columns were understood", expanded=True):
        st.markdown("\n".join(f"- {literal(line)}" for line in _account(file.recognised)))
        st.dataframe(file.rows.head(PREVIEWED_ROWS), alt="The first rows of the file.")
    if unusable:
        with st.expander(f"{counted(unusable, 'row')} that cannot be priced, and why", expanded=True):
            st.dataframe(_refusals(file), hide_index=True, alt="Rows that cannot be priced.")


def _account(recognised: Recognised) -> list[str]:
    """Which columns were renamed, are known by our own names, are unknown, and were not used."""
    names = {ours: name for ours, name in recognised.names.items() if ours in FEATURES}
    renamed = [f"{name!r} was read as {ours}." for ours, name in names.items() if name != ours]
    groups = {
        "Read under the names they have": [ours for ours, name in names.items() if name == ours],
        "Not in the file, so unknown": [ours for ours in FEATURES if ours not in names],
        "Not used": [*recognised.ignored, *({*recognised.names.values()} - {*names.values()})],
    }
    return renamed + [f"{what}: {', '.join(which)}." for what, which in groups.items() if which]


def _refusals(file: StonesFile) -> pl.DataFrame:
    places = sorted(file.reasons)[:SHOWN_REASONS]
    lines = file.malformed[: SHOWN_REASONS - len(places)]
    reasons = [file.reasons[place] for place in places] + [
        f"Another number of fields than the header: {line[:100]}" for line in lines
    ]
    return pl.DataFrame({"row": [place + 1 for place in places] + [None] * len(lines), "reason": reasons})


@advised
def ask_and_show(name: str, file: StonesFile) -> None:
    """Prices the stones when asked to, and shows the prices."""
    models = read("/models")
    if models["champion"] is None:
        show_no_model()
        return
    names = [model["name"] for model in models["models"] if model["versions"]]
    asked = st.selectbox("Model", [CHAMPION, *names], width=300, key="batch model")
    if st.button(f"Price {counted(len(file.stones), 'stone')}", type="primary", disabled=not file.stones):
        _price(file, None if asked == CHAMPION else asked)
    if _QUOTED in st.session_state:
        show_quotes(name, st.session_state[_QUOTED])


def _price(file: StonesFile, model: str | None) -> None:
    bar = st.progress(0.0, "Asking for prices ...")

    def show(done: int, total: int) -> None:
        bar.progress(done / total, f"{done:,} of {counted(total, 'stone')}")

    try:
        st.session_state[_QUOTED] = quote_file(file, model, show)
    except VersionChanged as error:
        st.warning(f"{error} Price them again, so that all prices are by one version.")
    finally:
        bar.empty()


def show_quotes(name: str, quoted: Quoted) -> None:
    """The prices in the order of the file, to look at and to take away."""
    priced = quoted.priced
    first, second, third = st.columns(3)
    first.metric("Stones priced", f"{len(priced):,}", border=True)
    second.metric("Together", f"${priced['price_usd'].sum():,.0f}", border=True)
    third.metric("Rows without a price", f"{len(quoted.rejected):,}", border=True)
    interval = f"; {quoted.coverage:.0%} of stones sell within low and high" if quoted.coverage else ""
    st.markdown(f":small[In USD, by version `{quoted.version}`{interval}.]")
    st.dataframe(priced, hide_index=True, column_config=_USD, alt="The stones with their prices.")
    stem = Path(name).name.partition(".")[0]
    with st.container(horizontal=True):
        st.download_button("Download as CSV", quoted.csv, f"{stem}-priced.csv", "text/csv", on_click="ignore")
        st.download_button(
            "Download as Excel", quoted.excel, f"{stem}-priced.xlsx", _WORKBOOK, on_click="ignore"
        )
