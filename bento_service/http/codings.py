"""Decodes bodies of requests that are compressed (``Content-Encoding``), up to the limit of their size."""

import zlib
from collections.abc import Sequence

from bento_service.http.errors import ApiError, bad_request, quoted, too_large

_GZIP, _ZLIB, _RAW = 31, 15, -15  # as zlib's ``wbits``
_FORMATS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
_SUPPORTED = {"accept-encoding": "gzip, deflate"}
_MOST_STREAMS = 300  # each of which costs a copy of what follows it
_NONE = frozenset({"", "identity", "chunked"})


def codings(header: str) -> list[str]:
    """The codings that a header names, in lower case; none that change nothing, or that the server undoes."""
    names = (name.strip().lower() for name in header.split(","))
    return [name for name in names if name not in _NONE]


def decoded_body(body: bytes, codings: Sequence[str], limit: int) -> bytes:
    """The body without its coding, of ``limit`` bytes at most.

    Raises ApiError: 415 for another coding than gzip and deflate, or several; 400 for a body that is not
    what the header says; 413 for one above the limit.
    """
    if not body:
        return body
    wbits = _FORMATS.get(codings[0]) if len(codings) == 1 else None
    if wbits is None:
        got = f"Got a body in the coding {quoted(', '.join(codings))}"
        message = f"{got}; send it as it is, or with `Content-Encoding: gzip` or `deflate`."
        raise ApiError(415, "unsupported_encoding", message, headers=_SUPPORTED)
    try:
        return _decompress(body, wbits, limit)
    except zlib.error:
        message = f"Got a body that is not {codings[0]} to its end; expected what `Content-Encoding` says."
        raise bad_request(message, code="invalid_encoding") from None


def _decompress(body: bytes, wbits: int, limit: int) -> bytes:
    """The content of one stream, or of those of gzip that follow each other."""
    if wbits == _ZLIB and not _is_zlib(body):
        wbits = _RAW  # which is what many send as deflate
    whole, streams = bytearray(), 0
    while body:
        stream, streams = zlib.decompressobj(wbits), streams + 1
        whole += stream.decompress(body, limit + 1 - len(whole))
        if len(whole) > limit:
            raise too_large(limit)
        more = stream.unused_data and (wbits != _GZIP or streams == _MOST_STREAMS)
        if more or not stream.eof:
            raise zlib.error("a part of a stream, or too many")
        body = stream.unused_data
    return bytes(whole)


def _is_zlib(body: bytes) -> bool:
    """Whether it begins as RFC 1950 says."""
    return body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
