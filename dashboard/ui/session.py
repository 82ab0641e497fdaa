"""Signs people in with an API key, shows what its scopes allow, and signs them out after a time."""

import time
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from dashboard.clients.api import Refused, get
from dashboard.clients.key import asks_for_key, forget_key, store_key
from dashboard.ui.text import escape_markdown
from diamonds.settings import settings

Scope = Literal["quote", "feedback", "read", "admin"]

CHECK_SECONDS = 5.0
"""How long a page trusts that a key is still valid; calls of the API never do."""

_USER, _ACTIVE_AT, _NOTICE = "user", "active at", "notice of the sign-in"
_UNAUTHORIZED, _FORBIDDEN = 401, 403


@dataclass(frozen=True, slots=True)
class User:
    """Who signed in: the name and scopes of the key, and when that was last read."""

    name: str
    scopes: frozenset[str]
    read_at: float

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or "admin" in self.scopes


def is_signed_in() -> bool:
    """Whether this session may go on; renews its time, and asks the service from time to time.

    Raises ``ServiceDown`` or ``Refused`` where the service does not answer that.
    """
    if not asks_for_key():
        return True
    user: User | None = st.session_state.get(_USER)
    if user is None:
        return False
    if _is_idle():
        end_session(
            f"You were signed out after {settings().session_idle_minutes:g} minutes without activity."
        )
        return False
    st.session_state[_ACTIVE_AT] = time.monotonic()
    if time.monotonic() - user.read_at > CHECK_SECONDS:
        st.session_state[_USER] = _read_user()
    return True


def may(scope: Scope) -> bool:
    """Whether who signed in may do that; where nobody is asked for a key, the service decides."""
    user: User | None = st.session_state.get(_USER)
    return not asks_for_key() or (user is not None and user.may(scope))


def require(scope: Scope) -> None:
    """Raises ``Refused`` unless the key of this session has that scope at this moment."""
    if asks_for_key():
        st.session_state[_USER] = _read_user()
        if not may(scope):
            raise Refused(_FORBIDDEN, "scope", f"This needs a key with the scope {scope}.")


def end_session(notice: str) -> bool:
    """Signs out with a notice for the next sign-in; False where nobody was signed in."""
    ended = forget_key()
    st.session_state[_NOTICE] = notice
    return ended


def show_sign_in() -> None:
    """A form that takes a key; the page is drawn again once the service knows it."""
    st.title("Sign in")
    if _NOTICE in st.session_state:
        st.info(escape_markdown(st.session_state[_NOTICE]))
    with st.form("sign in", width=500, clear_on_submit=True):
        key = st.text_input("API key", type="password", autocomplete="current-password", key="typed key")
        submitted = st.form_submit_button("Sign in", type="primary")
    st.caption("Who runs this service makes keys, each with what it allows: `diamonds keys`.")
    if submitted and _sign_in(key.strip()):
        st.rerun()


def show_user() -> None:
    """The name of the key, and a button that signs out; only where somebody signed in."""
    user: User | None = st.session_state.get(_USER)
    if user is None:
        return
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.markdown(f":small[{escape_markdown(user.name)}]", width="content")
        if st.button("Sign out", icon=":material/logout:", type="tertiary"):
            end_session("You are signed out.")
            st.rerun()
    st.fragment(_end_when_idle, run_every=_watch_seconds())()


def _end_when_idle() -> None:
    # What the page shows goes as well, and not only at the next click.
    if _is_idle():
        st.rerun()


def _watch_seconds() -> float:
    return min(30.0, max(1.0, settings().session_idle_minutes * 6))


def _is_idle() -> bool:
    active_at: float = st.session_state.get(_ACTIVE_AT, 0.0)
    return time.monotonic() - active_at > settings().session_idle_minutes * 60


def _sign_in(key: str) -> bool:
    """Whether the service knows the key; otherwise why not is on the page."""
    if not (key.isascii() and key.isprintable() and key):
        st.error("That is no key. Keys have letters, digits and signs without spaces.")
        return False
    store_key(key)
    try:
        st.session_state[_USER] = _read_user()
    except Refused as error:
        forget_key()
        if error.status != _UNAUTHORIZED:
            raise
        st.error("The service does not know this key; it may have been revoked.")
        return False
    st.session_state[_ACTIVE_AT] = time.monotonic()
    st.session_state.pop(_NOTICE, None)
    return True


def _read_user() -> User:
    answer = get("/keys/self")
    return User(str(answer["name"]), frozenset(answer["scopes"]), time.monotonic())
