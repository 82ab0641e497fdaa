"""The page *Exchanges*: what was asked of the API and what it answered."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

from dashboard.clients.api import Answer, Refused, read
from dashboard.exchanges import charts as exchange_charts
from dashboard.exchanges.view import show_exchange
from dashboard.ui.model_names import model_names
from dashboard.ui.problems import advised

PAGE_ROWS = 1_000
PAGES_AT_ONCE = 20
PERIODS = {
    "last hour": timedelta(hours=1),
    "last day": timedelta(days=1),
    "last week": timedelta(days=7),
    "all": None,
}
ANY = "any"
PATHS = ("/predict", "/predict_batch", "/similar", "/explain", "/models", "/promotions", "/feedback")
STATUSES = (200, 400, 401, 404, 405, 409, 413, 415, 429, 500, 503, 504)
_PAGES, _FILTERS = "exchange pages", "exchange filters"
_COLUMNS = ("started_at", "method", "path", "status", "duration_ms", "model", "id")


def page() -> None:
    """Draws the page."""
    st.title("Exchanges")
    show_by_id()
    show_filtered()


@advised
def show_by_id() -> None:
    """The one exchange whose id is in the field (and in the page's address)."""
    wanted = st.text_input(
        "Find by X-Exchange-Id",
        key="id",
        bind="query-params",
        placeholder="01890a5d-ac96-774b-bcce-b302099a8057",
    )
    if not wanted:
        return
    try:
        show_exchange(read(f"/exchanges/{wanted.strip().replace('/', '')}"))
    except Refused as error:
        if error.status >= 500:
            raise
        st.warning(str(error))


@advised
def show_filtered() -> None:
    """The newest exchanges that pass the filters: figures, charts, a table, and the chosen one in full."""
    filters = pick_filters()
    refreshed = st.button("Refresh", icon=":material/refresh:")
    if refreshed or st.session_state.get(_FILTERS) != filters:
        st.session_state[_FILTERS] = filters
        st.session_state[_PAGES] = _pages(filters, None)
    pages = st.session_state[_PAGES]
    found = [each for one in pages for each in one["exchanges"]]
    if found:
        rows = as_rows(found)
        if pages[-1]["next"]:
            st.caption(
                f"Figures and charts are of the newest {len(rows):,}; load older ones beneath the table."
            )
        show_figures(rows)
        show_table(rows, f"exchanges {filters}")
    elif pages[-1]["next"]:
        st.info("Not found in the newest exchanges so far.")
    else:
        st.info("No exchange passes these filters. Ask for a price on the page *Quote*: it is listed here.")
    further = "Search further back" if filters["text"] else f"Load {PAGE_ROWS:,} older ones"
    if pages[-1]["next"] and st.button(further):
        pages += _pages(filters, pages[-1]["next"])
        st.rerun()


def pick_filters() -> Answer:
    """What is asked of the exchanges, as parameters of ``GET /exchanges`` but for the period's beginning."""
    text = st.text_input(
        "Search in requests and answers",
        key="text",
        bind="query-params",
        max_chars=200,
        placeholder="Very Good, or a part of an error's message",
    )
    period, path, status, model = st.columns(4)
    return {
        "text": text or None,
        "period": period.selectbox("Period", list(PERIODS), index=1, key="period", bind="query-params"),
        "path": path.selectbox(
            "Path", [ANY, *PATHS], key="path", bind="query-params", accept_new_options=True
        ),
        "status": status.selectbox("Status", [ANY, *STATUSES], key="status", bind="query-params"),
        "model": model.selectbox("Model", [ANY, *model_names()], key="by", bind="query-params"),
    }


def _pages(filters: Answer, cursor: str | None) -> list[Answer]:
    """A page; in a search, whose pages look through a part each, as many as it takes within bounds."""
    pages = [_page(filters, cursor)]
    with st.spinner("Searching ..."):
        while filters["text"] and pages[-1]["next"] and not _enough(pages):
            pages.append(_page(filters, pages[-1]["next"]))
    return pages


def _enough(pages: list[Answer]) -> bool:
    return len(pages) >= PAGES_AT_ONCE or sum(len(one["exchanges"]) for one in pages) >= PAGE_ROWS


def _page(filters: Answer, cursor: str | None) -> Answer:
    span = PERIODS[filters["period"]]
    chosen = {name: filters[name] for name in ("path", "status", "model", "text") if filters[name] != ANY}
    since = (datetime.now(UTC) - span).isoformat() if span else None
    return read("/exchanges", since=since, limit=PAGE_ROWS, cursor=cursor, bodies="false", **chosen)


def as_rows(exchanges: list[Answer]) -> pd.DataFrame:
    """The exchanges without their bodies, with times as UTC."""
    rows = pd.DataFrame([{name: each[name] for name in _COLUMNS} for each in exchanges])
    rows["started_at"] = pd.to_datetime(rows["started_at"], utc=True, format="ISO8601")
    rows["duration_ms"] = rows["duration_ms"].astype("float64")
    return rows.assign(status=rows["status"].astype("Int64"), model=rows["model"].fillna(""))


def show_figures(rows: pd.DataFrame) -> None:
    """How many, how slow, how many failed: in figures and charts over what is loaded."""
    failed = rows["status"].isna() | (rows["status"] >= 400)
    figures = {
        "Exchanges loaded": f"{len(rows):,}",
        "Median latency": f"{rows['duration_ms'].median():,.1f} ms",
        "99% within": f"{rows['duration_ms'].quantile(0.99):,.1f} ms",
        "Not answered well": f"{failed.mean():.1%}",
    }
    for column, (label, value) in zip(st.columns(len(figures)), figures.items(), strict=True):
        column.metric(label, value, border=True)
    with st.container(key="paired"):
        volume, latency, errors = st.columns(3)
    volume.altair_chart(exchange_charts.volume(rows), alt="Exchanges over time, by outcome.")
    latency.altair_chart(exchange_charts.latency(rows), alt="Latency over time, by path.")
    errors.altair_chart(exchange_charts.statuses(rows), alt="Exchanges by status.")


def show_table(rows: pd.DataFrame, key: str) -> None:
    """The exchanges, newest first; the chosen one is shown in full, and forgotten under another key."""
    chosen = st.dataframe(
        rows,
        hide_index=True,
        height=330,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "started_at": st.column_config.DatetimeColumn("started (UTC)", format="YYYY-MM-DD HH:mm:ss.SSS"),
            "duration_ms": st.column_config.NumberColumn("ms", format="%.1f"),
        },
        key=f"{key} {rows['id'].iloc[0]}",
        alt="The exchanges, newest first.",
    )
    selected = chosen["selection"]["rows"]
    if selected:
        show_exchange(read(f"/exchanges/{rows['id'].iloc[selected[0]]}"))
    else:
        st.caption("Choose a row to see its request and answer in full.")
