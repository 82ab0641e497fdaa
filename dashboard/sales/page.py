"""The page *Sales*: a file of sales is handed in, and the error so far is shown."""

from itertools import islice

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.clients.api import JsonObject, upload
from dashboard.ui.errors import show_errors
from dashboard.ui.figures import show_figures
from dashboard.ui.live_error import describe_live_error, live_error, renew_live_error
from dashboard.ui.text import counted, escape_markdown, format_amount
from dashboard.ui.upload_formats import ENDINGS
from diamonds.dataset import DataError
from diamonds.dataset.sales_file import SaleRow, read_sales

TEMPLATE = "exchange_id,price,sold_at\n019ab9d8-3c3e-7c02-a5c9-2f3f0f1c7d11,2650,2026-01-31\n"
PREVIEW_ROWS = 5
MOST_REFUSED_ROWS = 1_000
_OFTEN_EMPTY = ("currency", "sold at", "problem")
_RESULT = "result of the sales"
_RESULTS = {
    "stored": "Stored",
    "unchanged": "Stored before",
    "waiting": "Waiting for their quotes",
    "refused": "Refused",
}


def sales_page() -> None:
    """Draws the page."""
    st.title("Sales")
    st.markdown(
        "What quoted stones were sold for: it shows how good the quotes are, and can make them better."
    )
    show_error_so_far()
    show_upload()


@show_errors()
def show_error_so_far() -> None:
    """How far quotes were off on all sales that are known."""
    found = live_error()
    st.markdown(describe_live_error(found))
    if not found["sales"]:
        return
    figures = {
        "Sales": f"{found['sales']:,}",
        "Mean error": format_amount(found["mae"], found["currency"]),
        "Relative": f"{found['mape']:.1%}",
    }
    if found["within_interval"] is not None:
        figures["Sold within the interval"] = f"{found['within_interval']:.1%}"
    show_figures(figures)
    if found["waiting"]:
        st.caption(f"{counted(found['waiting'], 'more sale')} wait for their quotes, and do not count yet.")


@show_errors()
def show_upload() -> None:
    """Takes a file, shows its first rows as they are read, and stores its sales at the click of a button."""
    st.markdown("#### Hand in a file of sales")
    st.markdown(
        "A CSV, a workbook or another file with the number of each quote (`exchange_id`, as the page *Quote* "
        "shows it), its sale price (`price`) and perhaps the day of the sale (`sold_at`)."
    )
    file = st.file_uploader("File of sales", ENDINGS, key="sales")
    if file is None:
        st.download_button(
            "Download a template", TEMPLATE, "sales.csv", "text/csv", icon=":material/download:"
        )
    elif _show_first_rows(file) and st.button("Store these sales", type="primary"):
        with st.spinner("Storing the sales ..."):
            st.session_state[_RESULT] = (file.file_id, upload("/feedback", file.getvalue()))
        renew_live_error()
        st.rerun()
    of_file, result = st.session_state.get(_RESULT, (None, None))
    if file is not None and of_file == file.file_id:
        show_result(result)


def _show_first_rows(file: UploadedFile) -> bool:
    """Shows how the file is read; False, with the error on the page, where it cannot be."""
    try:
        rows = list(islice(read_sales(file.name, file.getvalue()), PREVIEW_ROWS))
    except DataError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return False
    st.caption("The first rows as they are read:")
    read = pd.DataFrame(map(_as_read, rows))
    shown = [name for name in read if name not in _OFTEN_EMPTY or read[name].notna().any()]
    st.dataframe(read[shown], hide_index=True, placeholder="", alt="The first rows as they are read.")
    return bool(rows)


def _as_read(row: SaleRow) -> JsonObject:
    return {
        "row": row.number,
        "sold for": row.price,
        "currency": row.currency,
        "sold at": row.sold_at,
        "problem": row.problem,
        "quote": row.quote,
    }


def show_result(result: JsonObject) -> None:
    """How many rows had each result, and why some were refused."""
    show_figures({label: f"{result[name]:,}" for name, label in _RESULTS.items()}, name="results")
    refused = [each for each in result["results"] if each["result"] == "refused"][:MOST_REFUSED_ROWS]
    if refused:
        rows = pd.DataFrame(refused)[["row", "reason", "exchange_id"]]
        st.dataframe(rows, hide_index=True, alt="The rows that were refused, and why.")
