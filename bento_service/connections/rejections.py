"""Errors of requests that never become one to the app, and how they are sent."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from bento_service.http.errors import ApiError
from bento_service.http.responses import JSON, Headers, as_json

INVALID = ApiError(400, "invalid_http", "Got something that is no HTTP/1.1; expected a request.")
LATE = ApiError(408, "request_timeout", "The headers did not arrive in time; send the whole request at once.")


def headers_too_large(limit: int) -> ApiError:
    """The 431 for headers above the limit, in bytes."""
    message = f"Send at most {limit:,} bytes of headers, including the request line."
    return ApiError(431, "headers_too_large", message)


def as_response(error: ApiError, headers: Headers) -> bytes:
    """The whole response with the error, which is the last one on its connection."""
    body = as_json(error.body())
    ending = [*JSON, (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    lines = b"".join(b"%s: %s\r\n" % header for header in [*headers, *ending])
    return b"%s%s\r\n%s" % (STATUS_LINE[error.status], lines, body)
