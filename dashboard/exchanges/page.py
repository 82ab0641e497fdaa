"""The page *Exchanges*: finds recorded requests with their responses, and summarises them."""

import pandas as pd
import streamlit as st

from dashboard.clients.api import BY_ITSELF, JsonObject, Refused, ServiceDown, get, metric
from dashboard.exchanges.charts import latency_chart, status_chart, volume_chart
from dashboard.exchanges.exchange import show_exchange
from dashboard.exchanges.filters import PAGE_SIZE, load_pages, pick_filters
from dashboard.ui.errors import show_errors, show_refusal
from dashboard.ui.figures import show_figures
from dashboard.ui.session import may
from dashboard.ui.text import counted, visible

_PAGES, _FILTERS = "exchange pages", "exchange filters"
_COLUMNS = ("started_at", "path", "status", "duration_ms", "method", "model", "id")
_COLUMN_CONFIG = {
    "started_at": st.column_config.DatetimeColumn("started (UTC)", format="YYYY-MM-DD HH:mm:ss.SSS"),
    "duration_ms": st.column_config.NumberColumn("ms", format="%.1f"),
}


def exchanges_page() -> None:
    """Draws the page."""
    st.title("Exchanges")
    warn_of_dead_letters()
    show_by_id()
    show_filtered()


def warn_of_dead_letters() -> None:
    """How many exchanges the database refuses, if there are any: they are not in the lists below."""
    if not may("quote"):  # the metrics need that scope
        return
    try:
        count = int(metric("diamonds_exchanges_refused"))
    except ServiceDown:  # the lists below show that
        return
    if count:
        st.warning(
            f"{counted(count, 'exchange')} refused by the database and set aside. "
            "`diamonds exchanges --refused` lists them with the reasons.",
            icon=":material/inbox:",
        )


@show_errors()
def show_by_id() -> None:
    """The exchange whose id is in the field (and in the page's address)."""
    exchange_id = st.text_input(
        "Find by X-Exchange-Id",
        key="id",
        bind="query-params",
        placeholder="01890a5d-ac96-774b-bcce-b302099a8057",
    )
    if not exchange_id:
        return
    try:
        show_exchange(get(f"/exchanges/{exchange_id.strip().replace('/', '')}"))
    except Refused as error:
        if error.status >= 500:
            raise
        show_refusal(error)


@show_errors()
def show_filtered() -> None:
    """The newest exchanges that pass the filters: figures, charts, a table, and the selected one in full."""
    filters = pick_filters()
    refresh = st.button("Refresh", icon=":material/refresh:")
    if refresh or st.session_state.get(_FILTERS) != filters:
        st.session_state[_FILTERS] = filters
        st.session_state[_PAGES] = load_pages(filters)
    pages = st.session_state[_PAGES]
    show_pages(pages, filters)
    more = "Search further back" if filters["text"] else f"Load {PAGE_SIZE:,} older ones"
    if pages[-1]["next"] and st.button(more):
        pages += load_pages(filters, pages[-1]["next"])
        st.rerun()


def show_pages(pages: list[JsonObject], filters: JsonObject) -> None:
    """The exchanges of the loaded pages, or that there are none."""
    loaded = [exchange for page in pages for exchange in page["exchanges"]]
    more = pages[-1]["next"] is not None
    own = sum(map(is_by_itself, loaded))
    with_own = bool(own) and st.toggle(f"Also {own:,} that the dashboard read by itself", key="own")
    exchanges = [exchange for exchange in loaded if with_own or not is_by_itself(exchange)]
    if exchanges:
        rows = as_rows(exchanges)
        if more:
            st.caption(
                f"Figures and charts are of the newest {len(rows):,}; load older ones beneath the table."
            )
        show_summary(rows)
        show_table(rows, f"exchanges {filters}")
    elif more:
        st.info("Not found in the newest exchanges so far.")
    else:
        st.info("No exchange passes these filters. Ask for a price on the page *Quote*: it is listed here.")


def is_by_itself(exchange: JsonObject) -> bool:
    """Whether a page of the dashboard made this request so that it could be drawn."""
    return (exchange.get("request_headers") or {}).get("user-agent") == BY_ITSELF


def as_rows(exchanges: list[JsonObject]) -> pd.DataFrame:
    """The exchanges without their bodies, with times as UTC."""
    rows = pd.DataFrame([{name: exchange[name] for name in _COLUMNS} for exchange in exchanges])
    rows["started_at"] = pd.to_datetime(rows["started_at"], utc=True, format="ISO8601")
    rows["duration_ms"] = rows["duration_ms"].astype("float64")
    rows = rows.assign(status=rows["status"].astype("Int64"), model=rows["model"].fillna(""))
    return rows.assign(method=rows["method"].map(visible), path=rows["path"].map(visible))


def show_summary(rows: pd.DataFrame) -> None:
    """Number, latency and errors of the loaded exchanges, as figures and charts."""
    failed = rows["status"].isna() | (rows["status"] >= 400)
    figures = {
        "Exchanges loaded": f"{len(rows):,}",
        "Median latency": f"{rows['duration_ms'].median():,.1f} ms",
        "99% within": f"{rows['duration_ms'].quantile(0.99):,.1f} ms",
        "Errors or no answer": f"{failed.mean():.1%}",
    }
    show_figures(figures)
    with st.container(key="paired"):
        volume, latency, statuses = st.columns(3)
    volume.altair_chart(volume_chart(rows), alt="Exchanges over time, by outcome.")
    latency.altair_chart(latency_chart(rows), alt="Latency over time, by path.")
    statuses.altair_chart(status_chart(rows), alt="Exchanges by status.")


def show_table(rows: pd.DataFrame, key: str) -> None:
    """The exchanges, newest first, and the selected one in full; under another key nothing is selected."""
    table = st.dataframe(
        rows,
        hide_index=True,
        height=330,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_COLUMN_CONFIG,
        key=f"{key} {rows['id'].iloc[0]}",
        alt="The exchanges, newest first.",
    )
    selected = table["selection"]["rows"]
    if selected:
        show_exchange(get(f"/exchanges/{rows['id'].iloc[selected[0]]}"))
    else:
        st.caption("Choose a row to see its request and answer in full.")
