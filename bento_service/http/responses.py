"""Sends whole answers, as ASGI wants them sent."""

from typing import Any

import orjson
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.types import Send

from bento_service.http.errors import ApiError

Headers = list[tuple[bytes, bytes]]

JSON: Headers = [(b"content-type", b"application/json")]


def as_json(answer: Any) -> bytes:
    """The answer, which may hold pydantic's models, in JSON."""
    try:
        return orjson.dumps(answer, default=BaseModel.model_dump)
    except orjson.JSONEncodeError:  # a kept body may hold whole numbers of more than 64 bits
        return to_json(answer)


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: ApiError) -> None:
    await send_whole(send, error.status, [*JSON, *error.headers], orjson.dumps(error.body()))
