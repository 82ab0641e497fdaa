"""Connections of HTTP clients: limits the size of headers, and how long a client may take."""

import asyncio
import socket
from typing import Any

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from bento_service.http.errors import ApiError
from bento_service.http.responses import JSON, as_json
from diamonds.settings import settings

SLACK_S = 5.0
"""Time that the app has for rejecting a request whose body is late, before the connection is closed."""

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""Headers that have browsers neither guess types, nor show a response in a frame or on another site."""

_PROBE_S = 0.1
_LINGER_S = 1.0
_CHECKS_PER_DEADLINE = 10
_INVALID = ApiError(400, "invalid_http", "Got something that is no HTTP/1.1; expected a request.")
_LATE = ApiError(
    408, "request_timeout", "The headers did not arrive in time; send the whole request at once."
)


class Connection(HttpToolsProtocol):
    """The connection of one client, as uvicorn serves it by httptools, with the limits that both leave out.

    A request has to arrive, and a response to be read, within the time limit of requests; who makes no
    progress for as long is disconnected. A client that closes its side after its request gets the response.
    What is rejected here is not recorded, since it never becomes a request to the app.
    """

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
        _add_security_headers(config, server_state)
        self.ws_protocol_class = None  # there are no websockets: such an upgrade is ignored
        self._limit_s, self._header_limit = settings().request_timeout_seconds, settings().max_header_bytes
        self._in_headers = self._is_rejected = False
        self._header_bytes = self._chunk_bytes = self._unsent_bytes = 0
        self._receiving_since: float | None = self.loop.time()
        self._unsent_since = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle = None  # type: ignore[assignment]

    @property
    def _is_answering(self) -> bool:
        """Whether a complete request waits for its response."""
        return self.cycle is not None and not (self.cycle.response_complete or self.cycle.more_body)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
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
        if self._is_rejected:
            return
        if self._receiving_since is None:
            self._receiving_since = self.loop.time()
        self._chunk_bytes = len(data)
        super().data_received(data)
        if self._in_headers:
            self._header_bytes += len(data)
            if self._header_bytes > self._header_limit:
                self._reject(self._too_large())

    def on_message_begin(self) -> None:
        self._in_headers, self._header_bytes = True, 0
        if self._receiving_since is None:  # it arrived together with the end of the one before
            self._receiving_since = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        if self._header_bytes + self._chunk_bytes > self._header_limit:  # which may include other bytes
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > self._header_limit:
                self._reject(self._too_large())
                raise ValueError("too large")  # for the parser, which stops at it
        if not self.url.startswith(b"/"):
            self._take_host_of_url()
        super().on_headers_complete()

    def _take_host_of_url(self) -> None:
        """The host of a whole URL in the request line counts, whatever ``Host`` says (RFC 9112)."""
        url = httptools.parse_url(self.url)
        if url.host:
            port = b":%d" % url.port if url.port else b""
            host = b"[%s]" % url.host if b":" in url.host else url.host
            self.headers[:] = [*(each for each in self.headers if each[0] != b"host"), (b"host", host + port)]

    def on_message_complete(self) -> None:
        self._receiving_since = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Rejects what the parser stopped at."""
        self._reject(_INVALID)

    def _unsupported_upgrade_warning(self) -> None:
        """Logs nothing: a server may ignore an upgrade."""

    def _too_large(self) -> ApiError:
        message = f"Send at most {self._header_limit:,} bytes of headers, including the request line."
        return ApiError(431, "headers_too_large", message)

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
            self._send(error)
            # To close with bytes unread would reset the connection, and the client might lose the error.
            self.transport.write_eof()
            self.loop.call_later(_LINGER_S, self.transport.close)

    def _send(self, error: ApiError) -> None:
        body = as_json(error.body())
        length, close = (b"content-length", b"%d" % len(body)), (b"connection", b"close")
        headers = [*self.server_state.default_headers, *JSON, length, close]
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(b"%s%s\r\n%s" % (STATUS_LINE[error.status], lines, body))

    def _check_later(self) -> None:
        self._timer = self.loop.call_later(self._limit_s / _CHECKS_PER_DEADLINE, self._check)

    def _check(self) -> None:
        """Disconnects a client that makes no progress."""
        if self._is_response_unread():
            self.transport.abort()
        elif self._receiving_since is not None and not self._is_answering:
            late_s = self.loop.time() - self._receiving_since - self._limit_s
            if late_s > 0 and self._in_headers:
                self._reject(_LATE)
            elif late_s > SLACK_S:
                self.transport.close()
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


def _add_security_headers(config: Config, server_state: ServerState) -> None:
    """Has the server send them with every response, its own errors included, at no cost to a request."""
    if SECURITY_HEADERS[0] not in config.encoded_headers:
        config.encoded_headers.extend(SECURITY_HEADERS)
        server_state.default_headers = [*server_state.default_headers, *SECURITY_HEADERS]


def _disconnect(cycle: RequestResponseCycle) -> None:
    """Lets the app know that the client has left: nothing more comes from it, or reaches it."""
    cycle.disconnected, cycle.waiting_for_100_continue = True, False
    cycle.message_event.set()
