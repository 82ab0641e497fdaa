"""One exchange in flight: reads its request, sends its response, and records both."""

import time

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from bento_service.http.errors import ApiError
from bento_service.http.responses import Headers, send_error
from bento_service.http.tracing import span
from bento_service.recording.exchange_ids import HEADER, client_chosen_id, id_taken, new_id, parse_id
from bento_service.recording.limits import Limits
from bento_service.recording.messages import request_message, response_body
from bento_service.recording.request_body import RequestBodies, check_size, has_client_left, receive_now
from bento_service.recording.request_headers import RequestHeaders
from bento_service.recording.shared_answers import Answer, Key, SharedAnswers
from diamonds.exchanges import Request, Response
from diamonds.exchanges.exchange import is_final
from diamonds.exchanges.recording import Recording

SCOPE_KEY = "diamonds.exchange"
"""Where the recorder leaves the exchange in flight in the ASGI scope of its request."""


class ExchangeInFlight:
    """Records a request before anything answers it, and its response before the last byte leaves.

    The recorder calls ``receive_request``; then either the app, with ``receive`` and ``send``, or
    ``send_error``; and in the end ``end``, whatever happened. ``answer`` is that to the same request, where
    this is a retry: ``replay`` sends it.
    """

    answer: Answer | None = None
    _body, _content_length = b"", -1
    _is_received = _body_passed_on = _client_left = _is_complete = _is_recorded = False
    _request: Request | None = None
    _model: str | None = None
    _model_version: str | None = None
    _status: int | None = None
    _response_start: Message | None = None
    _response_headers: Headers
    _shared: tuple[SharedAnswers, Key] | None = None

    def __init__(self, recording: Recording, scope: Scope, receive: Receive, send: Send) -> None:
        self._started_at, self._started = time.time(), time.perf_counter()
        self._recording, self._scope, self._receive, self._send = recording, scope, receive, send
        self._headers = RequestHeaders(scope, recording.settings)
        self.id = new_id()
        self._chunks: list[bytes] = []

    @classmethod
    def of(cls, scope: Scope) -> "ExchangeInFlight | None":
        """The exchange of a request; None where it is not recorded, or the app has no recorder around it."""
        exchange: ExchangeInFlight | None = scope.get(SCOPE_KEY)
        return exchange

    def note_version(self, model: str, version: str) -> None:
        """Records which model and version the response comes from."""
        self._model, self._model_version = model, version

    async def receive_request(self, limits: Limits) -> None:
        """Receives the request and records it, unless there is an ``answer`` to it.

        Raises ApiError where it is rejected, and ClientDisconnect where the client left before its end.
        """
        try:
            self._headers.check()
            if self._headers.client_id is not None:
                self.id = parse_id(self._headers.client_id)
            first = receive_now(self._receive)
            if first is None or first.get("more_body", False) or first["type"] != "http.request":
                await self._receive_slowly(first, limits.bodies)
            else:
                self._body, self._is_received = first.get("body", b""), True
                check_size(len(self._body), self._headers.body_limit)
            self._headers.check_origin()
            limits.check_concurrency()
            if self._headers.codings:
                self._body = await self._headers.decode(self._body)
            if self._headers.client_id is not None:
                await self._claim(self._headers.client_id, limits.shared_answers)
        except (ApiError, ClientDisconnect):
            self._change_id()  # a request that never reaches the API leaves its id free for another try
            raise
        if self.answer is None:
            self._record_request()

    async def receive(self) -> Message:
        """The ASGI ``receive`` of the app: the body, then what comes after it."""
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
            if self.answer is not None:
                self._change_id()  # it does not get that answer, but is rejected: an exchange of its own
            self._status, self._response_headers = message["status"], list(message.get("headers", ()))
            self._response_start = message
            closing = [] if self._is_received else [(b"connection", b"close")]  # the rest is not read
            message["headers"] = [*self._response_headers, (HEADER, self.id.encode()), *closing]
            return
        if message["type"] == "http.response.body":
            self._chunks.append(message.get("body", b""))
            if not message.get("more_body", False) or self._has_whole_body():
                self._is_complete = True
                self._record_response()
                with span("journal"):
                    await self._recording.flush()
        start, self._response_start = self._response_start, None
        if start is not None:
            await self._send(start)
        await self._send(message)

    async def send_error(self, error: ApiError) -> None:
        """Answers with this error, in place of what the app was about to send."""
        self._chunks = []
        await send_error(self.send, error)

    async def replay(self, answer: Answer) -> None:
        """Sends that answer; where it is stored, this is no second exchange."""
        self.answer, self._is_recorded = None, answer.is_stored
        self._model, self._model_version = answer.model, answer.model_version
        await self.send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await self.send({"type": "http.response.body", "body": answer.body})

    def end(self) -> None:
        """Records the response, if ``send`` did not; lets others go on that wait for the answer."""
        self._record_response()
        if self._shared is not None:
            in_flight, key = self._shared
            in_flight.finish(key, self._final_answer())

    def _record_response(self) -> None:
        """Records the response, unless it is recorded; without a status when the client left before it."""
        if self._is_recorded:
            return
        self._is_recorded = True
        request = self._request or self._record_request()
        # Before the end of a request, to look whether its client left would invite the rest.
        left = self._client_left or (self._is_received and has_client_left(self._receive))
        status = None if left else self._status
        content = b"" if status is None or request.method == "HEAD" else b"".join(self._chunks)
        body = response_body(self._recording, self._scope, self._body, content)
        duration_ms = (time.perf_counter() - self._started) * 1000
        outcome = (duration_ms, status, self._model, self._model_version, body)
        self._recording.record_response(request, Response(request.number, request.id, *outcome))

    def _final_answer(self) -> Answer | None:
        """What others may get that send the same request, if it is complete and final."""
        if self._status is None or not (self._is_complete and is_final(self._status)):
            return None
        body = b"".join(self._chunks)
        return Answer(self._status, self._response_headers, body, self._model, self._model_version)

    async def _receive_slowly(self, first: Message | None, bodies: RequestBodies) -> None:
        received: list[bytes] = []
        try:
            await bodies.receive(self._receive, first, self._headers.body_limit, received)
            self._is_received = True
        except ClientDisconnect:
            self._client_left = True
            raise
        finally:
            self._body = b"".join(received)

    async def _claim(self, client_id: str, shared_answers: SharedAnswers) -> None:
        """Takes the id that the client chose, or the answer to the same request, if this is a retry."""
        scope = self._scope
        key = (self.id, scope["method"], scope["path"], scope["query_string"], self._body)
        self.answer = await shared_answers.join(key)
        if self.answer is None:
            self._shared = shared_answers, key
            claimed = await self._recording.claim(self._message(), is_retry=self._headers.is_retry)
            if claimed == "taken":
                raise id_taken(client_id)
            self.answer = Answer.of(claimed) if claimed else shared_answers.recent(key)
        client_chosen_id.set(self.id)

    def _change_id(self) -> None:
        """Gives the exchange an id of its own in place of the one that the client chose."""
        self.id, self._headers.client_id = new_id(), None

    def _record_request(self) -> Request:
        self._request = self._message()
        self._recording.record_request(self._request)
        return self._request

    def _message(self) -> Request:
        return request_message(
            self._recording, self._scope, self._headers, self.id, self._started_at, self._body
        )

    def _has_whole_body(self) -> bool:
        """Whether all bytes that the response declared are here, though the app may announce more."""
        if self._response_start is not None:  # these are the first
            self._content_length = int(dict(self._response_start["headers"]).get(b"content-length", b"-1"))
        return 0 <= self._content_length <= sum(map(len, self._chunks))
