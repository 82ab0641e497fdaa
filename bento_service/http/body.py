"""Receives the body of a request, if it comes with the right content type."""

from email.message import Message

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from bento_service.http.errors import ApiError, quoted
from diamonds.api.content_types import PRICED_FILES

JSON, BYTES = "application/json", "application/octet-stream"
STONES_FILES = frozenset(
    {
        *PRICED_FILES,
        "text/tab-separated-values",
        "application/vnd.ms-excel",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/zip",
        BYTES,
    }
)
"""Content types of files of stones; what is in such a file is seen by its content."""
_CONTENT = {JSON: "JSON in UTF-8", BYTES: "the file's own bytes"}


async def read_body(scope: Scope, receive: Receive, content_type: str) -> bytes:
    """The whole body, whose size the recorder limits; raises a 415 unless it is of this content type.

    It comes from the recorder in one message; Starlette's ``Request.body``, for streams, takes 4 us longer.
    """
    check_content_type(scope, content_type)
    return await read_any_body(receive)


def check_stones_file(scope: Scope) -> None:
    """Raises a 415 unless the headers say that the body is a file of stones."""
    if not is_stones_file(scope):
        header = f"with the header `Content-Type: text/csv` or `{BYTES}`"
        raise ApiError(415, "unsupported_media_type", f"Send a file of stones as its own bytes, {header}.")


def is_stones_file(scope: Scope) -> bool:
    """Whether the headers say that the body is a file of stones."""
    return any(_is_any_content_type(value) for name, value in scope["headers"] if name == b"content-type")


def _is_any_content_type(value: bytes) -> bool:
    return value.partition(b";")[0].strip().lower().decode("latin-1") in STONES_FILES


async def read_any_body(receive: Receive) -> bytes:
    """The whole body, whatever its content type."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return body


def check_content_type(scope: Scope, expected: str) -> None:
    """Raises a 415 unless the headers say that the body is of this content type."""
    # It must be there: without it any page on the web can have a browser send the body (CORS).
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"]
    if values == [expected] or (len(values) == 1 and _is_content_type(values[0], expected)):
        return
    got = f"content type {quoted(', '.join(values))}" if values else "no content type"
    message = f"Got {got}; send {_CONTENT[expected]}, with the header `Content-Type: {expected}`."
    raise ApiError(415, "unsupported_media_type", message)


def _is_content_type(value: str, expected: str) -> bool:
    """Whether that is it, in any spelling and with any parameters; the charset of JSON is UTF-8."""
    header = Message()
    header["content-type"] = value
    charset = header.get_content_charset("utf-8")
    return header.get_content_type() == expected and (expected != JSON or charset in ("utf-8", "utf8"))
