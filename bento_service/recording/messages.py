"""Makes the messages that a worker records of a request and its response: what may be stored of them."""

from starlette.types import Scope

from bento_service.recording.request_headers import RequestHeaders
from diamonds.exchanges import Body, Request
from diamonds.exchanges.recording import Recording
from diamonds.exchanges.redaction import masked_in, redact_query


def request_message(
    recording: Recording, scope: Scope, headers: RequestHeaders, id_: str, started_at: float, body: bytes
) -> Request:
    """The request as it is stored."""
    path, query = scope["path"], scope["query_string"]
    return Request(
        recording.next_number(),
        id_,
        started_at,
        scope["method"],
        path.replace("\0", "%00") if "\0" in path else path,
        _stored_query(query, recording) if query else "",
        headers.stored or None,
        headers.client_id is not None,
        recording.redact(body),
    )


def response_body(recording: Recording, scope: Scope, request_body: bytes, content: bytes) -> Body:
    """What may be stored of a response: no masked field of its request, which it may quote."""
    masked_fields = recording.settings.masked_fields
    if not masked_fields:
        return recording.redact(content)
    query = scope["query_string"].decode("latin-1")
    return recording.redact(content, masked_in(query, request_body, masked_fields))


def _stored_query(query: bytes, recording: Recording) -> str:
    return redact_query(query.decode("latin-1").replace("\0", "%00"), recording.settings.masked_fields)
