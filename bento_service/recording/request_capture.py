"""One request as it comes in: its id, its body as far as it is welcome, and what stands against it."""

import time
from typing import Any
from uuid import UUID

import uuid_utils
from starlette.types import Message, Receive, Scope

from bento_service.http.errors import ApiError, bad_request
from bento_service.http.origins import SENT_BY_BROWSERS, foreign_origin
from diamonds.api.schemas import FieldError
from diamonds.exchanges import Exchange, Request
from diamonds.exchanges.recording import Recording
from diamonds.exchanges.redaction import kept, without_credentials
from diamonds.settings import Settings

ID = b"x-exchange-id"
_KEPT_HEADERS = frozenset({b"content-type", b"content-encoding", b"user-agent"})
_UPLOADS = "/version_files"  # files of versions are larger than all other bodies
_TOO_MANY = ApiError(429, "too_many_requests", "Too many requests at once; try again in a moment.")


class Hearing:
    """Hears a request and keeps it before anybody answers it.

    ``replayed``: the exchange with its final answer, where the request is a retry. ``gone``: the client left.
    """

    __slots__ = (
        "_asked", "_body", "_foreign", "_given_id", "_headers", "_most_bytes", "_passed_on", "_receive",
        "_recording", "_scope", "_settings", "_started_at", "gone", "id", "number", "replayed", "started",
    )  # fmt: skip

    def __init__(self, recording: Recording, settings: Settings, scope: Scope, receive: Receive) -> None:
        self._started_at, self.started = time.time(), time.perf_counter()
        self._recording, self._settings, self._scope, self._receive = recording, settings, scope, receive
        uploads = scope["path"] == _UPLOADS
        self._most_bytes = settings.most_upload_bytes if uploads else settings.most_body_bytes
        self._headers: dict[str, str] = {}
        self._given_id: str | None = None
        self._foreign: ApiError | None = None
        for name, value in scope["headers"]:
            if name in _KEPT_HEADERS:
                self._headers[name.decode()] = value.decode("latin-1")
            elif name == ID:
                self._given_id = value.decode("latin-1")
            elif name in SENT_BY_BROWSERS:
                self._foreign = foreign_origin(scope)
        self.id = _canonical(self._given_id) or str(uuid_utils.uuid7())
        self.number = recording.next_number()
        self.replayed: Exchange | None = None
        self.gone = self._passed_on = False
        self._asked: Request | None = None
        self._body = b""

    async def hear(self, *, busy: bool) -> ApiError | None:
        """Reads the body and keeps the request; what stands against answering it."""
        chunks, size, more = [], 0, True
        while more and size <= self._most_bytes:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.gone = True
                break
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            more = message.get("more_body", False)
        self._body = b"".join(chunks)
        objection = self._objection(size, busy)
        unchecked = False
        if self._given_id is not None:
            objection, unchecked = await self._settle_id(objection)
        if self.replayed is None:
            self._keep(id_unchecked=unchecked)
        return objection

    async def again(self) -> Message:
        """What the app receives: the body that was heard, then what comes after it."""
        if self._passed_on:
            return await self._receive()
        self._passed_on = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    def kept(self) -> Request:
        """The request as it was kept; when it was cut off while we heard it, as much as there is of it."""
        return self._asked or self._keep(id_unchecked=False)

    def client_left(self) -> bool:
        """Whether the server already knows; asks by one step of ``receive``, which else would wait."""
        if self.gone:
            return True
        hearing: Any = self._receive()
        try:
            hearing.send(None)
        except StopIteration as heard:
            return bool(heard.value["type"] == "http.disconnect")
        finally:
            hearing.close()
        return False

    def _objection(self, size: int, busy: bool) -> ApiError | None:
        if self._foreign is not None:
            return self._foreign
        if size > self._most_bytes:
            return ApiError(413, "too_large", f"Send at most {self._most_bytes:,} bytes in one request.")
        if self._given_id is not None and _canonical(self._given_id) is None:
            return _bad_id(self._given_id)
        return _TOO_MANY if busy else None

    async def _settle_id(self, objection: ApiError | None) -> tuple[ApiError | None, bool]:
        """What stands against the client's id, and whether the database was away to tell.

        A request that never reaches the API leaves its id free for another try.
        """
        if objection is None and not self.gone:
            try:
                claimed = await self._recording.claim(self._request(id_unchecked=False))
            except TimeoutError:
                return None, True  # serving does not wait for the database; the shipper looks again
            if claimed != "taken":
                self.replayed = claimed
                return None, False
            objection = _taken(self._given_id)
        self.id = str(uuid_utils.uuid7())
        return objection, False

    def _keep(self, *, id_unchecked: bool) -> Request:
        self._asked = self._request(id_unchecked=id_unchecked)
        self._recording.hear(self._asked)
        return self._asked

    def _request(self, *, id_unchecked: bool) -> Request:
        scope, query = self._scope, self._scope["query_string"]
        return Request(
            self.number,
            self.id,
            self._started_at,
            scope["method"],
            scope["path"].replace("\0", "%00"),
            without_credentials(query.decode("latin-1").replace("\0", "%00")) if query else "",
            self._headers or None,
            id_unchecked,
            kept(self._body, self._settings.kept_body_bytes, self._settings.masked_fields),
        )


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
    fields: list[FieldError] = [{"field": "X-Exchange-Id", "message": message, "got": given}]
    return ApiError(409, "exchange_id_taken", message, fields)
