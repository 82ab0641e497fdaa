"""Sends requests again, and decides whether and when."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

LONGEST_WAIT_SECONDS = 10.0
_FIRST_WAIT_SECONDS = 0.1
_RETRIED_STATUSES = frozenset({429, 503, 504})


def send_until_answered(
    send: Callable[[int], httpx.Response],
    tries: int,
    retried: tuple[type[httpx.TransportError], ...] = (httpx.TransportError,),
) -> httpx.Response:
    """The last response of ``send``, which gets how often it was called before.

    Raises its error where the last try has none, or one that is not ``retried``.
    """
    tried = 0
    while True:
        tried += 1
        try:
            response = send(tried - 1)
        except retried:
            if tried >= tries:
                raise
            wait: float | None = backoff_seconds(tried)
        else:
            wait = wait_seconds(response, tried)
            if tried >= tries or wait is None:
                return response
        time.sleep(wait or 0)


def wait_seconds(response: httpx.Response, tried: int) -> float | None:
    """The seconds to wait before a retry; None where a retry is pointless, or the wait is too long."""
    wait = _retry_after(response) or backoff_seconds(tried)
    retries = response.status_code in _RETRIED_STATUSES and wait <= LONGEST_WAIT_SECONDS
    return wait if retries else None


def backoff_seconds(tried: int) -> float:
    """The seconds to wait after so many tries, a random part of them longer with each."""
    longest: float = min(_FIRST_WAIT_SECONDS * 2 ** (tried - 1), LONGEST_WAIT_SECONDS)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - so that clients do not come back all at once


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds of ``Retry-After``, which is a number or a date."""
    value = response.headers.get("retry-after", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
