"""One exchange in flight: reads its request, sends its response, and records both."""

import time
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from bento_service.http.errors import ApiError
from bento_service.http.responses import JSON, as_json, send_error, send_whole
from bento_service.recording.exchange_ids import HEADER, client_chosen_id, id_taken, new_id, parse_id
from bento_service.recording.request_body import RequestBodies, has_client_left, too_many_requests
from bento_service.recording.request_headers import RequestHeaders
from diamonds.exchanges import Body, Exchange, Request, Response
from diamonds.exchanges.recording import Recording
from diamonds.exchanges.redaction import masked_in, redact_query

SCOPE_KEY = "diamonds.exchange"
"""Where the recorder leaves the exchange in flight in the ASGI scope of its request."""


class ExchangeInFlight:
    """Records a request before anything answers it, and its response before the last byte leaves.

    The recorder calls ``receive_request``; then either the app, with ``receive`` and ``send``, or
    ``send_error``; and in the end ``record_response``, whatever happened. ``stored`` is the exchange that
    answered the request before, where this is a retry: ``replay`` sends its response.
    """

    __slots__ = (
        "_body", "_body_passed_on", "_chunks", "_client_left", "_content_length", "_headers",
        "_is_recorded", "_model", "_model_version", "_receive", "_received", "_recording", "_request",
        "_response_start", "_scope", "_send", "_started", "_started_at", "_status", "id", "stored",
    )  # fmt: skip

    def __init__(self, recording: Recording, scope: Scope, receive: Receive, send: Send) -> None:
        self._started_at, self._started = time.time(), time.perf_counter()
        self._recording, self._scope, self._receive, self._send = recording, scope, receive, send
        self._headers = RequestHeaders(scope, recording.settings)
        self.id = new_id()
        self._received: list[bytes] = []
        self.stored: Exchange | None = None
        self._body = b""
        self._body_passed_on = self._client_left = self._is_recorded = False
        self._request: Request | None = None
        self._model: str | None = None
        self._model_version: str | None = None
        self._response_start: Message | None = None
        self._status: int | None = None
        self._chunks: list[bytes] = []
        self._content_length = -1

    @classmethod
    def of(cls, scope: Scope) -> "ExchangeInFlight | None":
        """The exchange of a request; None where it is not recorded, or the app has no recorder around it."""
        exchange: ExchangeInFlight | None = scope.get(SCOPE_KEY)
        return exchange

    def note_version(self, model: str, version: str) -> None:
        """Records which model and version the response comes from."""
        self._model, self._model_version = model, version

    async def receive_request(self, bodies: RequestBodies, is_busy: Callable[[], bool]) -> None:
        """Receives the request and records it, unless it was answered before: then it is ``stored``.

        Raises ApiError where it is rejected, and ClientDisconnect where the client left before its end.
        """
        try:
            self._headers.check()
            if self._headers.client_id is not None:
                self.id = parse_id(self._headers.client_id)
            await self._receive_body(bodies)
            self._headers.check_origin()
            if is_busy():
                raise too_many_requests()
            if self._headers.client_id is not None:
                self.stored = await self._claim(self._headers.client_id)
        except (ApiError, ClientDisconnect):
            self._change_id()  # a request that never reaches the API leaves its id free for another try
            raise
        if self.stored is None:
            self._record_request()

    async def receive(self) -> Message:
        """The ASGI ``receive`` of the app: the body that was read, then what comes after it."""
        if self._body_passed_on:
            return await self._receive()
        self._body_passed_on = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    @property
    def response_has_started(self) -> bool:
        """Whether a part of the response has left."""
        return self._status is not None and self._response_start is None

    async def send(self, message: Message) -> None:
        """The ASGI ``send`` of the app: passes messages on, the last bytes once the exchange is recorded.

        The start of the response waits for its first bytes.
        """
        if message["type"] == "http.response.start":
            if self.stored is not None and not self._is_recorded:
                self._change_id()  # it does not get what was stored, but is rejected: an exchange of its own
            self._status, self._response_start = message["status"], message
            message["headers"] = [*message.get("headers", ()), (HEADER, self.id.encode())]
            return
        if message["type"] == "http.response.body":
            self._chunks.append(message.get("body", b""))
            if not message.get("more_body", False) or self._has_whole_body():
                self.record_response()
                await self._recording.flush()
        start, self._response_start = self._response_start, None
        if start is not None:
            await self._send(start)
        await self._send(message)

    async def send_error(self, error: ApiError) -> None:
        """Answers with this error, in place of what the app was about to send."""
        self._chunks = []
        await send_error(self.send, error)

    async def replay(self, stored: Exchange) -> None:
        """Answers a retry with the stored response, which is JSON; that is no second exchange."""
        self._is_recorded = True
        await send_whole(self.send, stored.status or 500, JSON, as_json(stored.response_body))

    def record_response(self) -> None:
        """Records the response, unless it is recorded; without a status when the client left before it."""
        if self._is_recorded:
            return
        self._is_recorded = True
        request = self._request or self._record_request()
        status = None if self._client_left or has_client_left(self._receive) else self._status
        is_sent = status is not None and request.method != "HEAD"
        response = Response(
            request.number,
            request.id,
            (time.perf_counter() - self._started) * 1000,
            status,
            self._model,
            self._model_version,
            self._redact_response(b"".join(self._chunks)) if is_sent else Body(b""),
        )
        self._recording.record_response(request, response)

    def _redact_response(self, content: bytes) -> Body:
        """What may be stored of it: no masked field of the request, which it may quote."""
        query = self._scope["query_string"].decode("latin-1")
        in_request = masked_in(query, self._body, self._recording.settings.masked_fields)
        return self._recording.redact(content, in_request)

    async def _receive_body(self, bodies: RequestBodies) -> None:
        try:
            await bodies.receive(self._receive, self._headers.body_limit, self._received)
        except ClientDisconnect:
            self._client_left = True
            raise
        finally:
            self._body, self._received = b"".join(self._received), []

    async def _claim(self, client_id: str) -> Exchange | None:
        """Takes the id that the client chose; the stored exchange, if this is a retry that was answered."""
        claimed = await self._recording.claim(self._message(), is_retry=self._headers.is_retry)
        if claimed == "taken":
            raise id_taken(client_id)
        client_chosen_id.set(self.id)
        return claimed

    def _change_id(self) -> None:
        """Gives the exchange an id of its own in place of the one that the client chose."""
        self.id, self._headers.client_id = new_id(), None

    def _record_request(self) -> Request:
        self._request = self._message()
        self._recording.record_request(self._request)
        return self._request

    def _message(self) -> Request:
        """The request as it is stored."""
        scope, query = self._scope, self._scope["query_string"]
        masked_fields = self._recording.settings.masked_fields
        return Request(
            self._recording.next_number(),
            self.id,
            self._started_at,
            scope["method"],
            scope["path"].replace("\0", "%00"),
            redact_query(query.decode("latin-1").replace("\0", "%00"), masked_fields) if query else "",
            self._headers.stored or None,
            self._headers.client_id is not None,
            self._recording.redact(self._body),
        )

    def _has_whole_body(self) -> bool:
        """Whether all bytes that the response declared are here, though the app may announce more."""
        if self._response_start is not None:  # these are the first
            self._content_length = int(dict(self._response_start["headers"]).get(b"content-length", b"-1"))
        return 0 <= self._content_length <= sum(map(len, self._chunks))
