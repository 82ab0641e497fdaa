"""Shares an answer between requests that are the same, under one id, and come at once or soon after."""

import asyncio
from typing import NamedTuple, TypeAlias

from bento_service.http.responses import JSON, Headers, as_json
from bento_service.recording.request_body import too_many_requests
from diamonds.exchanges import Exchange

MOST_WAITING = 200
MOST_RECENT_BYTES = 8 * 1024 * 1024
LARGEST_RECENT_BYTES = 64 * 1024
_OVERHEAD_BYTES = 1000  # of an answer beside the bodies

Key: TypeAlias = tuple[str, str, str, bytes, bytes]
"""Id, method, path, query and body of a request: what makes it the same."""


class Answer(NamedTuple):
    """A response as it was sent, with the model and version that it came from.

    ``is_stored``: it is in the database, so that whoever gets it again is no second exchange.
    """

    status: int
    headers: Headers
    body: bytes
    model: str | None = None
    model_version: str | None = None
    is_stored: bool = False

    @classmethod
    def of(cls, stored: Exchange) -> "Answer":
        """The response of an exchange in the database, which is JSON."""
        body = as_json(stored.response_body)
        headers = [*JSON, (b"content-length", b"%d" % len(body))]
        return cls(stored.status or 500, headers, body, is_stored=True)


class SharedAnswers:
    """The requests in flight whose ids their clients chose, each answered once.

    The first of those that are the same is answered; the others wait for its answer, up to the time limit of
    a request. If that is not final, the next one is answered. The newest answers are remembered.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._in_flight: dict[Key, asyncio.Future[Answer | None]] = {}
        self._waiting = 0
        self._recent: dict[Key, Answer] = {}
        self._recent_bytes = 0

    async def join(self, key: Key) -> Answer | None:
        """The answer to the same request; None: this one is to be answered, and ``finish`` to be called.

        Raises ApiError when too many wait.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._limit_s
        while (first := self._in_flight.get(key)) is not None and loop.time() < until:
            answer = await self._wait(first, until - loop.time())
            if answer is not None:
                return answer
        self._in_flight[key] = loop.create_future()
        return None

    def finish(self, key: Key, answer: Answer | None) -> None:
        """Gives those that wait the answer to a request; None: another has to be answered."""
        if answer is not None:
            self._remember(key, answer)
        waited_for = self._in_flight.pop(key, None)
        if waited_for is not None:
            waited_for.set_result(answer)

    def recent(self, key: Key) -> Answer | None:
        """The final answer to the same request, if that is one of the newest: it may not be stored yet."""
        return self._recent.get(key)

    def _remember(self, key: Key, answer: Answer) -> None:
        size = _size(key, answer)
        if size > LARGEST_RECENT_BYTES or key in self._recent:
            return
        self._recent[key] = answer
        self._recent_bytes += size
        while self._recent_bytes > MOST_RECENT_BYTES:
            oldest = next(iter(self._recent))
            self._recent_bytes -= _size(oldest, self._recent.pop(oldest))

    async def _wait(self, first: asyncio.Future[Answer | None], seconds: float) -> Answer | None:
        if self._waiting >= MOST_WAITING:
            raise too_many_requests()
        self._waiting += 1
        try:
            await asyncio.wait([first], timeout=seconds)
        finally:
            self._waiting -= 1
        return first.result() if first.done() else None


def _size(key: Key, answer: Answer) -> int:
    return _OVERHEAD_BYTES + sum(map(len, key)) + len(answer.body)
