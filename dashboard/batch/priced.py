"""Shows the prices of a file: those to look at, the best deals first, and all of them to download."""

from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from dashboard.batch.charts import deals_chart
from dashboard.batch.quotes import QuotedFile
from dashboard.ui.figures import show_figures
from dashboard.ui.text import code, format_amount
from diamonds.api.requests import ASKED
from diamonds.dataset.priced_file import (
    DIFFERENCE,
    HIGH,
    LOW,
    OUTSIDE,
    PERCENT,
    PRICE,
    WARNING,
    WORKBOOK,
)
from diamonds.dataset.written_workbook import MOST_ROWS

EVERY, WARNED, BELOW, ABOVE = "all", "with warnings", "asked below the interval", "asked above the interval"


def show_priced(name: str, quotes: QuotedFile) -> None:
    """Figures, a chart of the deals, the rows to look at, and downloads."""
    _show_figures(quotes)
    if quotes.has_deals:
        quotes = _in_chosen_order(quotes)
        st.altair_chart(deals_chart(quotes), alt="What is asked against our price, by side of the interval.")
    shown = _chosen_rows(quotes)
    st.dataframe(shown, hide_index=True, column_config=_columns(quotes), alt="The stones with their prices.")
    if not len(shown):
        st.caption("No stone is like that.")
    _offer_downloads(Path(name).name.partition(".")[0], quotes)


def _show_figures(quotes: QuotedFile) -> None:
    priced, name = quotes.priced, quotes.names
    figures = {
        "Stones priced": f"{len(priced):,}",
        "Total price": format_amount(float(priced[name[PRICE]].sum()), quotes.currency),
        "Rows without a price": f"{len(quotes.rejected):,}",
        "With warnings": f"{priced[name[WARNING]].count():,}",
    }
    if quotes.has_deals:
        below = (priced[name[OUTSIDE]] == "below").sum()
        figures["Asked below the interval"] = f"{below:,}"
    show_figures(figures)
    interval = f"; {quotes.coverage:.0%} of stones sell within low and high" if quotes.coverage else ""
    st.markdown(f":small[In {quotes.currency}, by version {code(quotes.version)}{interval}.]")


def _in_chosen_order(quotes: QuotedFile) -> QuotedFile:
    best_first = st.toggle(
        "Best deals first", value=True, help="The most below its price; else as in the file."
    )
    return quotes.best_deals_first() if best_first else quotes


def _chosen_rows(quotes: QuotedFile) -> pl.DataFrame:
    """The priced rows that pass the filter, with the columns to look at first."""
    options = [EVERY, WARNED, *((BELOW, ABOVE) if quotes.has_deals else ())]
    chosen = st.segmented_control("Show", options, default=EVERY, required=True, key="shown rows")
    name, rows = quotes.names, quotes.priced
    filters = {
        WARNED: pl.col(name[WARNING]).is_not_null(),
        BELOW: pl.col(name[OUTSIDE]) == "below",
        ABOVE: pl.col(name[OUTSIDE]) == "above",
    }
    rows = rows.filter(filters[chosen]) if chosen in filters else rows
    ours = [name[each] for each in (PRICE, PERCENT, DIFFERENCE, ASKED, OUTSIDE, LOW, HIGH, WARNING)]
    ours = [each for each in ours if each in rows.columns]
    first, *others = [each for each in rows.columns if each not in ours]  # which is often their number
    texts = [each for each in (name[OUTSIDE], name[WARNING]) if each in ours]
    return rows.select(first, *ours, *others).with_columns(pl.col(texts).fill_null(""))


def _columns(quotes: QuotedFile) -> dict[str, Any]:
    name = quotes.names
    whole = st.column_config.NumberColumn(format="%,.0f")
    return {
        **{name[each]: whole for each in (PRICE, LOW, HIGH, ASKED)},
        name[DIFFERENCE]: st.column_config.NumberColumn(format="%+,.0f"),
        name[PERCENT]: st.column_config.NumberColumn("difference in %", format="%+.1f"),
    }


def _offer_downloads(stem: str, quotes: QuotedFile) -> None:
    csv, excel = f"{stem}-priced.csv", f"{stem}-priced.xlsx"
    with st.container(horizontal=True):
        st.download_button("Download as CSV", quotes.csv, csv, "text/csv", on_click="ignore")
        st.download_button(
            "Download as Excel",
            quotes.excel,
            excel,
            WORKBOOK.content_type,
            on_click="ignore",
            disabled=len(quotes.rows) > MOST_ROWS,
            help=f"A workbook holds {MOST_ROWS:,} rows." if len(quotes.rows) > MOST_ROWS else None,
        )
