"""Reads a request's body up to a limit, and checks whether its client has left."""

from typing import Any

from starlette.types import Receive


async def read_body(receive: Receive, limit: int) -> tuple[bytes, bool]:
    """The body, and whether the client left before its end. Reading stops once it exceeds the limit."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks), True
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
    return b"".join(chunks), False


def has_client_left(receive: Receive) -> bool:
    """Whether the server knows that the client left.

    The first step of ``receive`` returns that at once; awaited, it would wait for the client.
    """
    receiving: Any = receive()
    try:
        receiving.send(None)
    except StopIteration as finished:
        return bool(finished.value["type"] == "http.disconnect")
    finally:
        receiving.close()
    return False
