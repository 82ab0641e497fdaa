"""Connections of HTTP clients: limits the size of headers, and how long a client may take."""

import asyncio
import socket
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from bento_service.connections.http11 import Http11
from bento_service.connections.lingering import LingeringTransport
from bento_service.connections.rejections import INVALID, LATE, as_response, headers_too_large
from bento_service.connections.security_headers import add_security_headers
from bento_service.http.errors import ApiError
from diamonds.settings import settings

_SLACK_S = (
    5.0  # that the app has for rejecting a request whose body is late, before the end of the connection
)

_SLICE_BYTES = 4096  # at which it is noticed that headers become too large
_PROBE_S = 0.1
_DEFAULT_KEEP_ALIVE_S = 5  # of uvicorn and of the option of `bentoml serve`
_CHECKS_PER_DEADLINE = 10


class Connection(Http11):
    """The connection of one client, with the limits that uvicorn and httptools leave out.

    A request has to arrive, and a response to be read, within the time limit of requests; who makes no
    progress for as long is disconnected. A client that closes its side after its request gets the response,
    and so does one that is still sending. What is rejected here is not recorded, since it never becomes a
    request to the app.
    """

    transport: LingeringTransport  # type: ignore[assignment]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # BentoML has no setting for it; without, uvicorn waits for its clients for ever.
        config.timeout_graceful_shutdown = config.timeout_graceful_shutdown or settings().shutdown_seconds
        add_security_headers(config, server_state)
        if config.timeout_keep_alive == _DEFAULT_KEEP_ALIVE_S:
            self.timeout_keep_alive = settings().keep_alive_seconds
        self._limit_s, self._header_limit = settings().request_timeout_seconds, settings().max_header_bytes
        self._in_headers = self._is_rejected = False
        self._header_bytes = self._unsent_bytes = 0
        self._receiving_since: float | None = self.loop.time()
        self._unsent_since = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle = None  # type: ignore[assignment]

    @property
    def _is_answering(self) -> bool:
        """Whether a complete request waits for its response."""
        return self.cycle is not None and not (self.cycle.response_complete or self.cycle.more_body)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        lingering: Any = LingeringTransport(transport, self.loop, lambda: self._receiving_since is not None)
        super().connection_made(lingering)
        self._check_later()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._running is not None and not self._running.response_complete:
            _disconnect(self._running)
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        if self._is_rejected or self.transport.is_lingering:
            self.transport.ignore()
            return
        if self._receiving_since is None:
            self._receiving_since = self.loop.time()
        for start in range(0, len(data), _SLICE_BYTES):
            if not self._is_rejected:
                self._read(data[start : start + _SLICE_BYTES])

    def _read(self, data: bytes) -> None:
        self._header_bytes += len(data)
        super().data_received(data)
        if self._header_bytes > self._header_limit and self._receiving_since is not None:
            self._reject(headers_too_large(self._header_limit))

    def on_message_begin(self) -> None:
        self._in_headers, self._header_bytes = True, 0
        if self._receiving_since is None:  # it arrived together with the end of the one before
            self._receiving_since = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        if self._header_bytes + _SLICE_BYTES > self._header_limit:  # those of the first slice are not counted
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > self._header_limit:
                self._reject(headers_too_large(self._header_limit))
                raise ValueError("too large")  # for the parser, which stops at it
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._header_bytes = 0  # of trailers, which come after the last of the body
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._receiving_since = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Rejects what the parser stopped at."""
        self._reject(INVALID)

    def _reject(self, error: ApiError) -> None:
        """Sends the error and disconnects; complete requests before it get their responses instead."""
        if self._is_rejected:
            return
        self._is_rejected = True
        if self.pipeline and self.cycle.more_body:  # it waits behind others, and will never be complete
            self.pipeline.popleft()
            self.cycle = self.pipeline[0][0] if self.pipeline else self._running
        if self._is_answering:
            self.cycle.keep_alive = False
        elif self.cycle and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.close()
        else:
            if self.cycle is not None:
                _disconnect(self.cycle)
            self._receiving_since = self._receiving_since or self.loop.time()
            self.transport.write(as_response(error, self.server_state.default_headers))
            self.transport.close()

    def _check_later(self) -> None:
        self._timer = self.loop.call_later(self._limit_s / _CHECKS_PER_DEADLINE, self._check)

    def _check(self) -> None:
        """Disconnects a client that makes no progress."""
        if self._is_response_unread():
            self.transport.abort()
        elif self._receiving_since is not None and not self._is_answering:
            late_s = self.loop.time() - self._receiving_since - self._limit_s
            if late_s > _SLACK_S:
                self.transport.close()
            elif late_s > 0 and self._in_headers:
                self._reject(LATE)
        self._check_later()

    def _is_response_unread(self) -> bool:
        """Whether bytes wait for the client, as many as the time limit ago."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes == 0 or unsent_bytes != self._unsent_bytes:
            self._unsent_bytes, self._unsent_since = unsent_bytes, self.loop.time()
        return self.loop.time() > self._unsent_since + self._limit_s

    def eof_received(self) -> bool:  # type: ignore[override]
        """Stays connected to a client that has closed its side until it has the response, or is gone."""
        if not self._is_answering:
            return False
        self.cycle.keep_alive = False
        self.loop.call_later(_PROBE_S, self._probe, True)
        return True

    def _probe(self, first: bool = False) -> None:
        """Disconnects when the client is gone as a whole, which looks the same as a closed side.

        Only its system knows: it resets the connection when something arrives. For that an interim response
        is sent, which clients of HTTP/1.1 ignore.
        """
        if self.transport.is_closing() or not self._is_answering:
            return
        if self.transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.transport.abort()
            return
        if first and not self.cycle.response_started and self.cycle.scope["http_version"] == "1.1":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.loop.call_later(_PROBE_S, self._probe)


def _disconnect(cycle: RequestResponseCycle) -> None:
    """Lets the app know that the client has left: nothing more comes from it, or reaches it."""
    cycle.disconnected, cycle.waiting_for_100_continue = True, False
    cycle.message_event.set()
