"""Shows one exchange in full, and sends its request again."""

import json
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import httpx
import streamlit as st

from dashboard.clients.api import JsonObject, send
from dashboard.ui.session import may
from dashboard.ui.sold_for import offer_sold_for
from dashboard.ui.text import code, escape_markdown

_COLLAPSED_LENGTH = 20_000
"""Characters of JSON above which it is collapsed: thousands of stones take a browser long to lay out."""

REPEATABLE = ("/predict", "/predict_batch", "/similar", "/explain")
"""Paths whose POSTs change nothing, however often they are sent; GETs never do."""


def show_exchange(exchange: JsonObject) -> None:
    """The request and the response side by side, with the exchange's id, times and model."""
    request_line = escape_markdown(f"{exchange['method']} {exchange['path']}")
    st.markdown(f"#### {request_line}: {exchange['status'] or 'no answer'}")
    st.markdown(f":small[{' · '.join(_facts(exchange))}]")
    request, response = st.columns(2)
    with request:
        st.markdown("**Request**")
        if exchange["query"]:
            st.code(f"?{exchange['query']}", language=None)
        _show_body(exchange, "request")
    with response:
        st.markdown("**Answer**")
        _show_body(exchange, "response")
    with st.container(horizontal=True):
        if exchange["path"] == "/predict" and exchange["status"] == 200:
            offer_sold_for(exchange["id"], "This stone was sold for ...")
        _offer_to_send_again(exchange)


def _facts(exchange: JsonObject) -> list[str]:
    started = datetime.fromisoformat(exchange["started_at"]).astimezone(UTC)
    facts = [code(exchange["id"]), f"began {started:%Y-%m-%d %H:%M:%S} UTC"]
    if exchange["duration_ms"] is not None:
        facts.append(f"took {exchange['duration_ms']:,.1f} ms")
    if exchange.get("model_version"):
        facts.append(f"answered by {code(exchange['model_version'])}")
    return facts


def _show_body(exchange: JsonObject, side: str) -> None:
    body, raw = exchange[f"{side}_body"], exchange.get(f"{side}_bytes")
    if body is not None:
        _show_json(body)
    elif raw:
        st.code(b64decode(raw).decode("utf-8", "backslashreplace")[:20_000], language=None)
    else:
        st.caption("Empty.")
    if exchange.get(f"{side}_size"):
        st.caption(f"Only the beginning of {exchange[f'{side}_size']:,} bytes was recorded.")


def _show_json(value: Any) -> None:
    st.json(value, expanded=1 if len(json.dumps(value)) > _COLLAPSED_LENGTH else True)


def _offer_to_send_again(exchange: JsonObject) -> None:
    if exchange["method"] != "GET" and exchange["path"] not in REPEATABLE:
        st.caption("It is not sent again from here, for that may change something.")
        return
    if exchange.get("request_size"):
        st.caption("It cannot be sent again, for only its beginning was recorded.")
        return
    if exchange["method"] == "GET" or may("quote"):
        _send_again(exchange)


def _send_again(exchange: JsonObject) -> None:
    if st.button("Send again", icon=":material/replay:", key=f"again-{exchange['id']}"):
        url = exchange["path"] + (f"?{exchange['query']}" if exchange["query"] else "")
        response = send(exchange["method"], url, _request_bytes(exchange))
        _show_response(exchange, response)


def _request_bytes(exchange: JsonObject) -> bytes:
    if exchange["request_body"] is not None:
        return json.dumps(exchange["request_body"]).encode()
    return b64decode(exchange["request_bytes"] or "")


def _show_response(exchange: JsonObject, response: httpx.Response) -> None:
    exchange_id = response.headers.get("x-exchange-id", "")
    st.markdown(f"**Answer now: {response.status_code}**, as exchange {code(exchange_id)}")
    body = _parse_json(response)
    before, now = _price(exchange["response_body"]), _price(body)
    if before is not None and now is not None:
        st.markdown(f"Price then **\\${before:,.2f}**, now **\\${now:,.2f}** ({now - before:+,.2f} USD).")
    _show_json(body if body is not None else {"body": response.text})


def _parse_json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _price(body: Any) -> float | None:
    return body.get("price") if isinstance(body, dict) else None
