"""The API key that the present browser session acts with."""

import logging

import streamlit as st

from diamonds.keys import admin_key
from diamonds.loopback import is_loopback
from diamonds.settings import settings
from diamonds.stack.addresses import address_of, is_on_loopback

log = logging.getLogger(__name__)

_KEY = "api key"
_ASKED = "asked for a key"


def service_url() -> str:
    """The URL of the service."""
    return settings().service_url or address_of("service").url


def asks_for_key() -> bool:
    """Whether people sign in with a key of their own.

    They do where keys are configured, where others than this machine's users reach the dashboard or the
    service, and where the service did not take the key of `diamonds run`.
    """
    own = _is_own_dashboard() and _is_own_service()
    return bool(settings().api_keys) or not own or st.session_state.get(_ASKED, False)


def _is_own_dashboard() -> bool:
    """Whether only this machine reaches the dashboard; another host name stands for a proxy before it."""
    hosts: list[str] = st.get_option("server.allowedHosts")
    return is_loopback(st.get_option("server.address")) and bool(hosts) and all(map(is_loopback, hosts))


def _is_own_service() -> bool:
    return is_on_loopback(service_url()) and is_loopback(settings().host)


def current_key() -> str | None:
    """The key of who signed in or, where nobody is asked, the one that `diamonds run` made."""
    if asks_for_key():
        return st.session_state.get(_KEY)
    try:
        return admin_key.read(settings().home)
    except admin_key.BadAdminKey as error:  # the service takes none either: it will ask for one
        log.warning("%s", error)
        return None


def store_key(key: str) -> None:
    """Lets this session act with a key; it is nowhere but in the memory of this process."""
    st.session_state[_KEY] = key


def forget_key() -> bool:
    """Lets this session ask for a key, with none of what it showed; False where it asks already."""
    was_asking = asks_for_key() and _KEY not in st.session_state
    st.session_state.clear()
    st.session_state[_ASKED] = True
    return not was_asking
