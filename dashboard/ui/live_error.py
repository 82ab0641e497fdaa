"""How far quotes were off what their stones were sold for, as feedback says."""

import streamlit as st

from dashboard.clients.api import JsonObject, get, service_url
from dashboard.clients.key import current_key
from dashboard.ui.text import counted, escape_markdown, format_amount

_CACHE_SECONDS = 30


def live_error() -> JsonObject:
    """The response to ``GET /feedback``; cached for some seconds. Raises ``ServiceDown`` or ``Refused``."""
    return _live_error(service_url(), current_key())


def renew_live_error() -> None:
    """Has it read again, for something was stored."""
    _live_error.clear()


# Every request is recorded as an exchange for good: not one more for each step of a slider.
@st.cache_data(ttl=_CACHE_SECONDS, show_spinner=False)
def _live_error(service: str, key: str | None) -> JsonObject:  # noqa: ARG001 - one entry of the cache a user
    return get("/feedback")


def describe_live_error(found: JsonObject) -> str:
    """The error in a sentence, as Markdown."""
    if not found["sales"]:
        return "No sale of a quoted stone is known yet: this would be the first."
    mean = escape_markdown(format_amount(found["mae"], found["currency"]))
    side = "above" if found["bias"] >= 0 else "below"
    return (
        f"So far quotes were off by **{mean}** or **{found['mape']:.1%}** on average, on "
        f"{counted(found['sales'], 'sale')}; all in all {abs(found['bias']):.1%} {side} what was paid."
    )
