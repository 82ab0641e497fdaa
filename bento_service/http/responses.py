"""Responses in JSON: of what an endpoint returns, and of errors."""

from typing import Any

import orjson
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Send

from bento_service.http.errors import ApiError

Headers = list[tuple[bytes, bytes]]

JSON: Headers = [(b"content-type", b"application/json")]


class JsonResponse(Response):
    """A response in JSON; its content may hold pydantic models."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return as_json(content)


def error_response(error: ApiError) -> Response:
    """The response that an error ends its request with."""
    return JsonResponse(error.body(), error.status, error.headers)


def as_json(content: Any) -> bytes:
    """The content, which may hold pydantic models, in JSON."""
    try:
        return orjson.dumps(content, default=BaseModel.model_dump)
    except orjson.JSONEncodeError:  # a recorded body may hold whole numbers of more than 64 bits
        return to_json(content)


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Sends a response whose body is at hand, from within a middleware."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: ApiError) -> None:
    """Sends an error, from within a middleware."""
    headers = [(name.encode(), value.encode()) for name, value in (error.headers or {}).items()]
    await send_whole(send, error.status, [*JSON, *headers], as_json(error.body()))
