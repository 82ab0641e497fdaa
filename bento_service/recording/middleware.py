"""The middleware that keeps every request with its answer, and bounds what a request may cost."""

import logging

import uuid_utils
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bento_service.http.errors import ApiError
from bento_service.recording.deadlines import Running, TookTooLong
from bento_service.recording.request_capture import ID, Hearing
from bento_service.recording.response_capture import Answering
from diamonds.exchanges.recording import Recording
from diamonds.settings import Settings, settings

logger = logging.getLogger(__name__)

_UNRECORDED = frozenset({"/", "/livez", "/readyz", "/healthz", "/metrics", "/schema.json"})
_UNRECORDED_BELOW = ("/docs", "/static_content")


class Recorder:
    """Gives every answer its ``X-Exchange-Id`` and keeps the exchange before the answer's last byte leaves.

    The inner app may say which model answered, in ``scope["diamonds"]["model"]`` and ``["model_version"]``.
    """

    def __init__(self, app: ASGIApp, given: Settings | None = None) -> None:
        self.app = app
        self.settings = given or settings()
        self.recording = Recording(self.settings)
        limit_s = self.settings.request_timeout_seconds
        self.running = Running(limit_s)
        self._late = ApiError(504, "timeout", f"No answer was ready within {limit_s:g} seconds.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self.recording.start()
            await self.app(scope, receive, self._flushing(send))
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _is_recorded(scope):
            await self._record(scope, receive, send)
        else:
            await self.app(scope, receive, self._telling(scope, send))

    async def _record(self, scope: Scope, receive: Receive, send: Send) -> None:
        hearing = Hearing(self.recording, self.settings, scope, receive)
        answering = Answering(self.recording, self.settings, hearing, scope, send)
        try:
            objection = await hearing.hear(busy=len(self.running) >= self.settings.max_concurrency)
            if hearing.gone:
                return
            if objection is not None:
                await answering.refuse(objection)
            elif hearing.replayed is not None:
                await answering.replay(hearing.replayed)
            else:
                await self._have_answered(scope, hearing, answering)
        finally:
            answering.keep()

    async def _have_answered(self, scope: Scope, hearing: Hearing, answering: Answering) -> None:
        try:
            await self.running.run(self.app(scope, hearing.again, answering.send))
        except Exception as problem:  # the process's outermost edge
            if answering.has_begun:
                raise  # only the broken connection can tell now
            if isinstance(problem, TookTooLong):
                await answering.refuse(self._late)
                return
            logger.exception("No answer for exchange %s", hearing.id)
            message = f"Something went wrong on our side; tell us the exchange id {hearing.id}."
            await answering.refuse(ApiError(500, "internal_error", message))

    def _telling(self, scope: Scope, send: Send) -> Send:
        """Every answer has an id; that of ``/readyz`` says how the recording fares."""
        told = [(ID, str(uuid_utils.uuid7()).encode())]
        if scope["path"] == "/readyz":
            told.append((b"x-recording", self.recording.state.encode("latin-1", "replace")))

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *told]
            await send(message)

        return tell

    def _flushing(self, send: Send) -> Send:
        async def flush_first(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await self.recording.stop()
            await send(message)

        return flush_first


def _is_recorded(scope: Scope) -> bool:
    path: str = scope["path"]
    if path in _UNRECORDED or path.startswith(_UNRECORDED_BELOW):
        return False
    reads = path == "/exchanges" or path.startswith("/exchanges/")
    return not (reads and scope["method"] in ("GET", "HEAD"))
