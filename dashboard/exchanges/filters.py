"""The filters of the page *Exchanges*, and the pages of exchanges that pass them."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard.clients.api import JsonObject, get
from dashboard.ui.model_names import model_names
from dashboard.ui.session import may

PAGE_SIZE = 1_000
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


def pick_filters() -> JsonObject:
    """The filters by name: the query of ``GET /exchanges``, but with a ``period`` instead of a start time."""
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
        "model": model.selectbox("Model", [ANY, *_models()], key="by", bind="query-params"),
    }


def _models() -> list[str]:
    """The models to choose from; who may only read exchanges may not read which models there are."""
    return model_names() if may("quote") else []


def load_pages(filters: JsonObject, cursor: str | None = None) -> list[JsonObject]:
    """The next page of exchanges.

    Each page of a text search covers a part of the exchanges: then as many pages as it takes to fill one, up
    to a limit.
    """
    pages = [_page(filters, cursor)]
    with st.spinner("Searching ..."):
        while filters["text"] and pages[-1]["next"] and not _enough(pages):
            pages.append(_page(filters, pages[-1]["next"]))
    return pages


def _enough(pages: list[JsonObject]) -> bool:
    return len(pages) >= PAGES_AT_ONCE or sum(len(page["exchanges"]) for page in pages) >= PAGE_SIZE


def _page(filters: JsonObject, cursor: str | None) -> JsonObject:
    span = PERIODS[filters["period"]]
    query = {name: filters[name] for name in ("path", "status", "model", "text") if filters[name] != ANY}
    since = (datetime.now(UTC) - span).isoformat() if span else None
    return get("/exchanges", since=since, limit=PAGE_SIZE, cursor=cursor, bodies="false", **query)
