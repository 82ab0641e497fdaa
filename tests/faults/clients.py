"""The clients of a load: plain ones, and our own, which sends a request again until it is answered."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from diamonds.api.client import Client, ServiceDown

Post: TypeAlias = Callable[[int, Any], tuple[str, int, Any]]
"""Asks for a price, with a number in the query and a stone; returns the answer's id, status and body.

Raises NoAnswer.
"""


class NoAnswer(Exception):
    """The connection ended, or took too long, before the end of an answer."""


@contextmanager
def own_client(url: str) -> Iterator[Post]:
    """Chooses the ids, and tries again under them."""

    def post(number: int, stone: Any) -> tuple[str, int, Any]:
        try:
            answer = client.send("POST", "/predict", params={"n": number}, json=stone)
        except ServiceDown as error:
            raise NoAnswer from error
        return answer.headers["X-Exchange-Id"], answer.status_code, answer.json()

    with Client(url) as client:
        yield post


@contextmanager
def plain_client(url: str) -> Iterator[Post]:
    """Of the standard library: httpx would take more of the processors than the service that it calls."""

    def post(number: int, stone: Any) -> tuple[str, int, Any]:
        try:
            connection.request("POST", f"/predict?n={number}", json.dumps(stone), headers)
            answer = connection.getresponse()
            return answer.headers["X-Exchange-Id"], answer.status, json.loads(answer.read())
        except (OSError, HTTPException) as error:
            connection.close()  # the next request opens it again
            raise NoAnswer from error

    headers = {"Content-Type": "application/json"}
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        yield post
