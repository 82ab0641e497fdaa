"""One request on its way to its answer: heard, kept, bounded in what it may cost, answered, kept."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol
from uuid import UUID

import orjson
import uuid_utils

from bento_service.errors import ApiError, bad_request
from diamonds.exchanges import Answer, Body, Exchange, Request
from diamonds.exchanges.privacy import kept, without_credentials
from diamonds.exchanges.recording import Recording
from diamonds.settings import Settings

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_KEPT_HEADERS = frozenset({b"content-type", b"content-encoding", b"user-agent"})
_ID = b"x-exchange-id"
_UPLOADS = "/version_files"  # files of versions are larger than all other bodies


class Host(Protocol):
    """What conversations share: the app, the recording, and how many of them run."""

    app: App
    recording: Recording
    settings: Settings
    running: int


class Conversation:
    """One request on its way to its answer."""

    def __init__(self, host: Host, scope: Scope, receive: Receive, send: Send) -> None:
        self._host, self._recording, self._settings = host, host.recording, host.settings
        self._scope, self._receive, self._send = scope, receive, send
        self._started_at, self._started = time.time(), time.perf_counter()
        self._number = self._recording.next_number()
        self._about: dict[str, str] = scope.setdefault("diamonds", {})
        uploads = scope["path"] == _UPLOADS
        self._most_bytes = self._settings.most_upload_bytes if uploads else self._settings.most_body_bytes
        self._headers: dict[str, str] = {}
        self._given_id: str | None = None
        self._look_at_headers()
        self._id = _canonical(self._given_id) or str(uuid_utils.uuid7())
        self._unchecked = False
        self._replayed: Exchange | None = None
        self._body = b""
        self._gone = False
        self._heard = self._kept = False
        self._start: Message | None = None
        self._status: int | None = None
        self._chunks: list[bytes] = []
        self._owed = 0

    async def hold(self) -> None:
        """Hears the request, has it answered, and sends the answer."""
        refusal = await self._hear()
        if self._gone:
            return
        if refusal is not None:
            await self._refuse(refusal)
            return
        if self._replayed is not None:
            await self._replay(self._replayed)
            return
        self._host.running += 1
        try:
            await self._have_answered()
        finally:
            self._host.running -= 1

    async def _hear(self) -> ApiError | None:
        """Reads the whole body, as far as it is welcome, and keeps the request; what stands against it."""
        chunks, size, more = [], 0, True
        while more and size <= self._most_bytes:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._gone = True
                break
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            more = message.get("more_body", False)
        self._body = b"".join(chunks)
        objection = self._objection(size)
        if self._given_id is not None:
            objection = await self._settle_id(objection)
        if not self._replayed:
            self._recording.keep(self._request())
        return objection

    def _objection(self, size: int) -> ApiError | None:
        limits = self._settings
        if size > self._most_bytes:
            return ApiError(413, "too_large", f"Send at most {self._most_bytes:,} bytes in one request.")
        if self._given_id is not None and _canonical(self._given_id) is None:
            return _bad_id(self._given_id)
        if self._host.running >= limits.max_concurrency:
            return ApiError(429, "too_many_requests", "Too many requests at once; try again in a moment.")
        return None

    async def _settle_id(self, objection: ApiError | None) -> ApiError | None:
        """What never reaches the API leaves the client's id free for another try."""
        if objection is None and not self._gone:
            return await self._claim()
        self._id = str(uuid_utils.uuid7())
        return objection

    async def _claim(self) -> ApiError | None:
        """Sees to it that a retry is no second exchange, and that an id is nobody else's."""
        try:
            claimed = await self._recording.claim(self._request())
        except TimeoutError:
            self._unchecked = True  # serving does not wait for the database; the shipper looks again
            return None
        if claimed == "taken":
            self._id = str(uuid_utils.uuid7())
            return _taken(self._given_id)
        self._replayed = claimed
        return None

    async def _have_answered(self) -> None:
        limit = self._settings.request_timeout_seconds
        try:
            async with asyncio.timeout(limit) as clock:
                await self._host.app(self._scope, self._hear_again, self._answer)
        except Exception as problem:  # the process's outermost edge
            if self._status is not None and self._start is None:
                raise  # a part of the answer has left; only the broken connection can tell now
            if isinstance(problem, TimeoutError) and clock.expired():
                await self._refuse(ApiError(504, "timeout", f"No answer was ready within {limit:g} seconds."))
                return
            logger.exception("No answer for exchange %s", self._id)
            message = f"Something went wrong on our side; tell us the exchange id {self._id}."
            await self._refuse(ApiError(500, "internal_error", message))

    async def _hear_again(self) -> Message:
        if self._heard:
            return await self._receive()
        self._heard = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _refuse(self, refusal: ApiError) -> None:
        await self._answer_whole(refusal.status, orjson.dumps(refusal.body()))

    async def _replay(self, stored: Exchange) -> None:
        """Answers a retry as the first time; its exchange is there already."""
        self._kept = True
        json = stored.response_body
        body = stored.response_bytes or b"" if json is None else orjson.dumps(json)
        await self._answer_whole(stored.status or 500, body)

    async def _answer_whole(self, status: int, body: bytes) -> None:
        self._chunks = []
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._answer({"type": "http.response.start", "status": status, "headers": headers})
        await self._answer({"type": "http.response.body", "body": body})

    async def _answer(self, message: Message) -> None:
        """Sends on, but the start with the first bytes, and the last bytes when the exchange is kept."""
        if message["type"] == "http.response.start":
            self._begin(message)
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

    def _begin(self, message: Message) -> None:
        self._status = message["status"]
        headers = [*message.get("headers", ()), (_ID, self._id.encode())]
        self._start = {**message, "headers": headers}

    def _is_whole(self) -> bool:
        """Whether all bytes that the answer declared are there, although the app has not said so yet."""
        if not self._owed and self._start is not None:
            declared = dict(self._start["headers"]).get(b"content-length", b"-1")
            self._owed = int(declared)
        return 0 <= self._owed <= sum(map(len, self._chunks))

    def keep(self) -> None:
        """Keeps what became of the request, once."""
        if self._kept:
            return
        self._kept = True
        status = None if self._client_left() else self._status
        sent = b"" if self._scope["method"] == "HEAD" or status is None else b"".join(self._chunks)
        self._recording.keep(
            Answer(
                self._number,
                self._id,
                (time.perf_counter() - self._started) * 1000,
                status,
                self._about.get("model"),
                self._about.get("model_version"),
                self._as_kept(sent),
            )
        )

    def _request(self) -> Request:
        scope = self._scope
        return Request(
            self._number,
            self._id,
            self._started_at,
            scope["method"],
            scope["path"].replace("\0", "%00"),
            without_credentials(scope["query_string"].decode("latin-1").replace("\0", "%00")),
            self._headers or None,
            self._unchecked,
            self._as_kept(self._body),
        )

    def _as_kept(self, whole: bytes) -> Body:
        return kept(whole, self._settings.kept_body_bytes, self._settings.masked_fields)

    def _look_at_headers(self) -> None:
        for name, value in self._scope["headers"]:
            if name in _KEPT_HEADERS:
                self._headers[name.decode()] = value.decode("latin-1")
            elif name == _ID:
                self._given_id = value.decode("latin-1")

    def _client_left(self) -> bool:
        """Whether the server already knows; asks by one step of ``receive``, which else would wait."""
        if self._gone:
            return True
        hearing: Any = self._receive()
        try:
            hearing.send(None)
        except StopIteration as heard:
            return bool(heard.value["type"] == "http.disconnect")
        finally:
            hearing.close()
        return False


def _canonical(given: str | None) -> str | None:
    try:
        return str(UUID(given)) if given else None
    except ValueError:
        return None


def _bad_id(given: str) -> ApiError:
    message = f"Got X-Exchange-Id={given!r}; expected a UUID such as {uuid_utils.uuid7()}, or leave it out."
    return bad_request(message, [{"field": "X-Exchange-Id", "message": message, "got": given}])


def _taken(given: str | None) -> ApiError:
    message = f"Got X-Exchange-Id={given!r}, which another request has used; expected a new one, or none."
    return ApiError(
        409, "exchange_id_taken", message, [{"field": "X-Exchange-Id", "message": message, "got": given}]
    )
