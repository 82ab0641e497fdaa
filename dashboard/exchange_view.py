"""Shows one exchange in full, and sends its request again."""

import json
from base64 import b64decode
from typing import Any

import httpx
import streamlit as st

from dashboard.api_client import Answer, send

REPEATABLE = ("/predict", "/predict_batch", "/similar", "/explain")
"""Paths whose requests change nothing, however often they are sent."""


def show_exchange(exchange: Answer) -> None:
    """The request and the answer side by side, and what they were about."""
    status = exchange["status"] or "no answer"
    st.markdown(f"#### {exchange['method']} {exchange['path']}: {status}")
    facts = [f"`{exchange['id']}`", f"began {exchange['started_at']}"]
    facts += [f"took {exchange['duration_ms']:,.1f} ms"] if exchange["duration_ms"] is not None else []
    facts += [f"answered by `{exchange['model_version']}`"] if exchange.get("model_version") else []
    st.caption(" · ".join(facts))
    asked, answered = st.columns(2)
    with asked:
        st.markdown("**Request**")
        if exchange["query"]:
            st.code(f"?{exchange['query']}", language=None)
        _show_body(exchange, "request")
    with answered:
        st.markdown("**Answer**")
        _show_body(exchange, "response")
    _offer_again(exchange)


def _show_body(exchange: Answer, side: str) -> None:
    body, raw = exchange[f"{side}_body"], exchange.get(f"{side}_bytes")
    if body is not None:
        st.json(body)
    elif raw:
        st.code(b64decode(raw).decode("utf-8", "backslashreplace")[:20_000], language=None)
    else:
        st.caption("Empty.")
    if exchange.get(f"{side}_size"):
        st.caption(f"Only the beginning of {exchange[f'{side}_size']:,} bytes was kept.")


def _offer_again(exchange: Answer) -> None:
    if exchange["path"] not in REPEATABLE or exchange.get("request_size"):
        return
    if st.button("Send again", icon=":material/replay:", key=f"again-{exchange['id']}"):
        response = send(
            exchange["method"],
            exchange["path"],
            content=_request_bytes(exchange),
        )
        _show_response(exchange, response)


def _request_bytes(exchange: Answer) -> bytes:
    if exchange["request_body"] is not None:
        return json.dumps(exchange["request_body"]).encode()
    return b64decode(exchange["request_bytes"] or "")


def _show_response(exchange: Answer, response: httpx.Response) -> None:
    exchange_id = response.headers.get("x-exchange-id", "")
    st.markdown(f"**Answer now: {response.status_code}**, as exchange `{exchange_id}`")
    answer = _as_json(response)
    before, now = _price(exchange["response_body"]), _price(answer)
    if before is not None and now is not None:
        st.markdown(f"Price then **\\${before:,.2f}**, now **\\${now:,.2f}** ({now - before:+,.2f} USD).")
    st.json(answer if answer is not None else {"body": response.text})


def _as_json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _price(answer: Any) -> float | None:
    return answer.get("price") if isinstance(answer, dict) else None
