"""Receives the bodies of requests within limits of time, size, number and memory."""

from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from bento_service.http.errors import ApiError, too_large
from bento_service.recording.deadlines import DeadlineExceeded, RequestsInFlight
from diamonds.settings import Settings

RETRY_SOON = {"retry-after": "1"}


class RequestBodies:
    """The bodies that one worker is receiving. They are limited apart from the requests in flight.

    A body that has arrived as a whole is read at once and counts nowhere: it is never rejected because of
    clients that are slow.
    """

    def __init__(self, settings: Settings) -> None:
        limit_s = settings.request_timeout_seconds
        self._incomplete = RequestsInFlight(limit_s)
        self._most_incomplete = settings.max_incomplete_requests
        self._most_bytes = settings.max_incomplete_bytes
        self._bytes = 0
        self._late = f"The request did not arrive within {limit_s:g} seconds."

    async def receive(self, receive: Receive, first: Message | None, limit: int, chunks: list[bytes]) -> None:
        """Appends the body to ``chunks``, as far as it arrives; ``first`` has arrived already.

        Raises ApiError where it is too large or too slow, or too much is incomplete already, and
        ClientDisconnect when the client leaves before its end.
        """
        if len(self._incomplete) >= self._most_incomplete:
            raise too_many_requests()
        try:
            await self._incomplete.run(self._receive_rest(receive, first, limit, chunks))
        except DeadlineExceeded:
            raise ApiError(408, "request_timeout", self._late) from None

    async def _receive_rest(
        self, receive: Receive, first: Message | None, limit: int, chunks: list[bytes]
    ) -> None:
        size, message = 0, first or await receive()
        try:
            while True:
                added = append(message, chunks)
                size, self._bytes = size + added, self._bytes + added
                check_size(size, limit)
                if not message.get("more_body", False):
                    return
                if self._bytes > self._most_bytes:
                    raise too_many_requests()
                message = await receive()
        finally:
            self._bytes -= size


def too_many_requests() -> ApiError:
    """The 429 for a request that exceeds what one worker does at once."""
    message = "Too many requests at once; try again in a moment."
    return ApiError(429, "too_many_requests", message, headers=RETRY_SOON)


def check_size(size: int, limit: int) -> None:
    """Raises the 413 for a body above the limit."""
    if size > limit:
        raise too_large(limit)


def append(message: Message, chunks: list[bytes]) -> int:
    """Appends what the message contains of the body, and returns its size."""
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    chunks.append(message.get("body", b""))
    return len(chunks[-1])


def receive_now(receive: Receive) -> Message | None:
    """The next message if it is there already, or None; awaited, ``receive`` would wait for the client.

    The first step of ``receive`` returns such a message.
    """
    receiving: Any = receive()
    try:
        receiving.send(None)
    except StopIteration as finished:
        message: Message = finished.value
        return message
    finally:
        receiving.close()
    return None


def has_client_left(receive: Receive) -> bool:
    """Whether the server knows that the client left.

    Uvicorn's ``receive`` is a method of an object that knows; asking any other costs four times as much.
    """
    disconnected = getattr(getattr(receive, "__self__", None), "disconnected", None)
    if isinstance(disconnected, bool):
        return disconnected
    message = receive_now(receive)
    return message is not None and message["type"] == "http.disconnect"
