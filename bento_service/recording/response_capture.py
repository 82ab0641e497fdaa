"""One answer on its way to the client: its last bytes wait until the exchange is kept."""

import time

from starlette.types import Message, Scope, Send

from bento_service.http.errors import ApiError
from bento_service.http.responses import JSON, as_json, send_error, send_whole
from bento_service.recording.request_capture import ID, Hearing
from diamonds.exchanges import Answer, Exchange
from diamonds.exchanges.recording import Recording
from diamonds.exchanges.redaction import kept
from diamonds.settings import Settings


class Answering:
    """Sends an answer on under its exchange's id, and keeps what became of the request, once."""

    __slots__ = (
        "_about", "_chunks", "_hearing", "_is_head", "_kept", "_owed", "_recording", "_send", "_settings",
        "_start", "_status",
    )  # fmt: skip

    def __init__(
        self, recording: Recording, settings: Settings, hearing: Hearing, scope: Scope, send: Send
    ) -> None:
        self._recording, self._settings, self._hearing, self._send = recording, settings, hearing, send
        self._about: dict[str, str] = scope.setdefault("diamonds", {})
        self._is_head = scope["method"] == "HEAD"
        self._start: Message | None = None
        self._status: int | None = None
        self._chunks: list[bytes] = []
        self._owed = 0
        self._kept = False

    @property
    def has_begun(self) -> bool:
        """Whether a part of the answer has left."""
        return self._status is not None and self._start is None

    async def send(self, message: Message) -> None:
        """Sends on, but the start with the first bytes, and the last bytes when the exchange is kept."""
        if message["type"] == "http.response.start":
            self._status, self._start = message["status"], message
            message["headers"] = [*message.get("headers", ()), (ID, self._hearing.id.encode())]
            return
        if message["type"] == "http.response.body":
            self._chunks.append(message.get("body", b""))
            if not message.get("more_body", False) or self._is_whole():
                self.keep()
                await self._recording.durable()
        start, self._start = self._start, None
        if start is not None:
            await self._send(start)
        await self._send(message)

    async def refuse(self, refusal: ApiError) -> None:
        """Answers with an error of ours, whatever was to be answered before."""
        self._chunks = []
        await send_error(self.send, refusal)

    async def replay(self, stored: Exchange) -> None:
        """Answers a retry as the first time; its exchange is there already."""
        self._kept = True
        body = b"" if stored.response_body is None else as_json(stored.response_body)
        await send_whole(self.send, stored.status or 500, JSON, body)

    def keep(self) -> None:
        """Keeps what became of the request, without a status when the client left before its answer."""
        if self._kept:
            return
        self._kept = True
        hearing = self._hearing
        status = None if hearing.client_left() else self._status
        sent = b"" if self._is_head or status is None else b"".join(self._chunks)
        answer = Answer(
            hearing.number,
            hearing.id,
            (time.perf_counter() - hearing.started) * 1000,
            status,
            self._about.get("model"),
            self._about.get("model_version"),
            kept(sent, self._settings.kept_body_bytes, self._settings.masked_fields),
        )
        self._recording.keep(hearing.kept(), answer)

    def _is_whole(self) -> bool:
        """Whether all bytes that the answer declared are there, although the app has not said so yet."""
        if not self._owed and self._start is not None:
            declared = dict(self._start["headers"]).get(b"content-length", b"-1")
            self._owed = int(declared)
        return 0 <= self._owed <= sum(map(len, self._chunks))
