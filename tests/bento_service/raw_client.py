"""A client of HTTP on a bare socket, which may do what no library would."""

import socket
from collections.abc import Callable
from http.client import HTTPResponse
from urllib.parse import urlsplit

import httpx

Connect = Callable[[], socket.socket]
"""Opens a connection."""

HEADERS = b"Host: localhost\r\nContent-Type: application/json\r\n"


def connected(url: str) -> socket.socket:
    """A connection to the server of the URL; it fails when nothing arrives for a minute."""
    return socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=60)


def post(path: str, body: bytes, *, declared: int | None = None, headers: bytes = b"") -> bytes:
    """A POST request whose headers may declare another length than that of its body."""
    length = len(body) if declared is None else declared
    return b"POST %s HTTP/1.1\r\n%s%sContent-Length: %d\r\n\r\n%s" % (
        path.encode(), HEADERS, headers, length, body,
    )  # fmt: skip


def read_all(connection: socket.socket) -> bytes:
    """Everything up to the end of the connection, which is closed then."""
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    connection.close()
    return b"".join(chunks)


def read_response(connection: socket.socket) -> httpx.Response:
    """The next response on a connection."""
    response = HTTPResponse(connection)
    response.begin()
    return httpx.Response(response.status, headers=response.getheaders(), content=response.read())
