"""The middleware that keeps every request with its answer."""

import uuid_utils

from bento_service.conversation import App, Conversation, Message, Receive, Scope, Send
from diamonds.exchanges.recording import Recording
from diamonds.settings import Settings, settings

_UNRECORDED = frozenset({"/", "/livez", "/readyz", "/healthz", "/metrics", "/schema.json"})
_UNRECORDED_BELOW = ("/docs", "/static_content")


class Recorder:
    """Gives every answer its ``X-Exchange-Id`` and keeps the exchange before the answer's last byte leaves.

    The inner app may say which model answered, in ``scope["diamonds"]["model"]`` and ``["model_version"]``.
    """

    def __init__(self, app: App, given: Settings | None = None) -> None:
        self.app = app
        self.settings = given or settings()
        self.recording = Recording(self.settings)
        self.running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self.recording.start()
            await self.app(scope, receive, self._flushing(send))
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not _is_recorded(scope):
            await self._pass_on(scope, receive, send)
        else:
            conversation = Conversation(self, scope, receive, send)
            try:
                await conversation.hold()
            finally:
                conversation.keep()

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, self._telling(scope, send))

    def _telling(self, scope: Scope, send: Send) -> Send:
        """Every answer has an id; that of ``/readyz`` says how the recording fares."""
        told = [(b"x-exchange-id", str(uuid_utils.uuid7()).encode())]
        if scope["path"] == "/readyz":
            told.append((b"x-recording", self.recording.state.encode("latin-1", "replace")))

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *told]}
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
