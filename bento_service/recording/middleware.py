"""The middleware that records every exchange, and limits how many are in flight and for how long."""

import asyncio
import logging
from collections.abc import Awaitable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bento_service.http.errors import ApiError
from bento_service.http.keys import is_refused
from bento_service.recording.deadlines import DeadlineExceeded
from bento_service.recording.exchange import SCOPE_KEY, ExchangeInFlight
from bento_service.recording.exchange_ids import HEADER, new_id
from bento_service.recording.limits import Limits
from bento_service.recording.request_body import RETRY_SOON
from diamonds.exchanges.recording import Recording
from diamonds.exchanges.redaction import describe
from diamonds.settings import settings

logger = logging.getLogger(__name__)

_UNRECORDED = frozenset(
    {"/", "/docs", "/docs.json", "/livez", "/readyz", "/healthz", "/metrics", "/schema.json"}
)
_UNRECORDED_BELOW = ("/docs/", "/static_content/")
_STOPPING = ApiError(503, "stopping", "The service is being stopped; try again.", headers=RETRY_SOON)


class Recorder:
    """Gives every response its ``X-Exchange-Id``, and records the exchange before the last byte leaves.

    The inner app may note which version answered: ``ExchangeInFlight.of(scope)`` is its exchange.
    """

    _asgi_single_callable = True  # for asgiref, which OpenTelemetry asks, and which knows coroutines only

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.recording = Recording(settings())
        self.limits = Limits(settings())
        limit_s = settings().request_timeout_seconds
        self._timeout = ApiError(504, "timeout", f"No answer was ready within {limit_s:g} seconds.")

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Not a coroutine itself, which would be one more for each request."""
        if scope["type"] == "lifespan":
            self.recording.start()
            return self.app(scope, receive, self._stop_before_shutdown(send))
        if scope["type"] != "http":
            return self.app(scope, receive, send)
        if _is_recorded(scope) or is_refused(scope):
            return self._record(scope, receive, send)
        return self.app(scope, receive, self._add_headers(scope, send))

    async def _record(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = scope[SCOPE_KEY] = ExchangeInFlight(self.recording, scope, receive, send)
        try:
            await exchange.receive_request(self.limits)
            await self.limits.in_flight.run(self.app(scope, exchange.receive, exchange.send))
        except ClientDisconnect:
            pass
        except asyncio.CancelledError:  # the server stops, and has waited long enough
            if exchange.response_has_started:
                raise
            await exchange.send_error(_STOPPING)
        except Exception as problem:  # the process's outermost edge
            if exchange.response_has_started:
                raise  # the server breaks the connection off: there is no other way left to report it
            await exchange.send_error(self._error_for(problem, exchange))
        finally:
            exchange.end()
            del scope[SCOPE_KEY]  # each holds the other: only the garbage collector would free them

    def _error_for(self, problem: Exception, exchange: ExchangeInFlight) -> ApiError:
        if isinstance(problem, ApiError):
            return problem
        if isinstance(problem, DeadlineExceeded):
            return self._timeout
        details = describe(problem, self.recording.settings.masked_fields)
        logger.error("Exchange %s failed:\n%s", exchange.id, details)
        message = f"Something went wrong on our side; tell us the exchange id {exchange.id}."
        return ApiError(500, "internal_error", message)

    def _add_headers(self, scope: Scope, send: Send) -> Send:
        """Adds an id to a response that is not recorded, and the state of the recording to ``/readyz``."""
        headers = [(HEADER, new_id().encode())]
        if scope["path"] == "/readyz":
            headers.append((b"x-recording", self.recording.state.encode("latin-1", "replace")))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        return send_with_headers

    def _stop_before_shutdown(self, send: Send) -> Send:
        """Ships what is left before the server learns that the app has shut down."""

        async def stop_and_send(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await self.recording.stop()
            await send(message)

        return stop_and_send


def _is_recorded(scope: Scope) -> bool:
    path: str = scope["path"]
    if path in _UNRECORDED or path.startswith(_UNRECORDED_BELOW):
        return False
    reads = path == "/exchanges" or path.startswith("/exchanges/")
    return not (reads and scope["method"] in ("GET", "HEAD"))
