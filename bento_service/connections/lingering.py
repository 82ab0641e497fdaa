"""Closes connections such that a client that is still sending can read the response."""

import asyncio
from collections.abc import Callable
from typing import Any

_PAUSE_S = 1.0
"""A client that has sent nothing for so long is taken to have read the response."""


class LingeringTransport:
    """A transport whose ``close`` waits for a client that is still sending, and reads what it sends.

    To close a socket with bytes unread resets the connection, and the client loses the response: many read
    it only after all is sent. What arrives meanwhile is for the protocol to ignore, while ``is_lingering``.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        is_receiving: Callable[[], bool],
    ) -> None:
        self._transport, self._loop, self._is_receiving = transport, loop, is_receiving
        self.write = transport.write
        self.is_lingering = self._has_received = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether no more responses can be sent."""
        return self.is_lingering or self._transport.is_closing()

    def close(self) -> None:
        """Sends what was written, then closes; at once where the client has nothing more to send."""
        if self.is_lingering or not self._is_receiving():
            self._transport.close()
            return
        self.is_lingering = True
        if self._transport.can_write_eof():  # not over TLS
            self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(_PAUSE_S, self._close_when_quiet)

    def ignore(self) -> None:
        """Notes that the client is still sending."""
        self._has_received = True

    def _close_when_quiet(self) -> None:
        if self._has_received:
            self._has_received = False
            self._loop.call_later(_PAUSE_S, self._close_when_quiet)
        else:
            self._transport.close()
