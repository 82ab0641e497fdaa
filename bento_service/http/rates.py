"""Limits how many requests one caller sends in a time, and in a day."""

import time
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from starlette.types import Scope

from bento_service.http.access import need_of
from bento_service.http.errors import ApiError
from diamonds.keys.key import Identity
from diamonds.settings import settings

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import RateLimiter


def check_rate(scope: Scope, identity: Identity | None) -> None:
    """Counts a request of this key, or of its client's address; raises the 429 when there are too many.

    What needs a key nowhere, such as probes of health, is not counted.
    """
    limits = _limits()
    if not limits or need_of(scope["method"], scope["path"]) is None:
        return
    who = f"key {identity.id}" if identity else f"address {(scope.get('client') or ('',))[0]}"
    for limit, limiter in limits:
        if not limiter.hit(limit, who):
            raise _too_many(limit, limiter.get_window_stats(limit, who).reset_time)


@cache
def _limits() -> "Sequence[tuple[RateLimitItem, RateLimiter]]":
    """The limits of the settings, each with what counts."""
    rate, quota = settings().rate_limit, settings().quota
    if rate is None and quota is None:
        return ()
    from limits import RateLimitItemPerDay, parse
    from limits.storage import MemoryStorage
    from limits.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter

    storage = MemoryStorage()
    limits: list[tuple[RateLimitItem, RateLimiter]] = []
    if rate is not None:
        limits.append((parse(rate), SlidingWindowCounterRateLimiter(storage)))
    if quota is not None:
        limits.append((RateLimitItemPerDay(quota), FixedWindowRateLimiter(storage)))
    return limits


def _too_many(limit: "RateLimitItem", reset_at: float) -> ApiError:
    wait_s = max(1, round(reset_at - time.time() + 0.5))
    message = f"Got more than {limit}; try again in {wait_s} seconds."
    return ApiError(429, "rate_limited", message, headers={"retry-after": str(wait_s)})
