"""Measures the processor time that the recorder takes around an app that does nothing, for each request.

    python -m benchmarks.recorder [--at-once 16] [--requests 20000] [--rounds 7]

The requests of a turn of the event loop are recorded together, as with so many connections. No shipper runs.
"""

import asyncio
import os
import statistics
import tempfile
import time
from typing import Any

import uvloop
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.command_line import parser_for

_BODY = b'{"carat":0.7,"cut":"Ideal","color":"G","clarity":"VS2","depth":61.5,"table":56,"x":5.7,"y":5.72}'
_QUOTE = b'{"price":2345.0,"low":2000.0,"high":2600.0,"coverage":0.9,"currency":"USD","model":"xgboost"}'
_HEADERS = [
    (b"host", b"127.0.0.1:3000"),
    (b"user-agent", b"python-httpx/0.28.1"),
    (b"content-type", b"application/json"),
    (b"content-length", b"%d" % len(_BODY)),
]
_START = {"type": "http.response.start", "status": 200}


class Cycle:
    """A request as uvicorn passes it on: its body is there, and whether its client is known."""

    disconnected = False

    async def receive(self) -> Message:
        return {"type": "http.request", "body": _BODY, "more_body": False}

    async def send(self, message: Message) -> None:
        """Sends nothing."""


async def quote(_scope: Scope, receive: Receive, send: Send) -> None:
    """The app: reads the body, and answers in the next turn of the event loop, as a batch of quotes does."""
    await receive()
    await asyncio.sleep(0)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_QUOTE))]
    await send({**_START, "headers": headers})
    await send({"type": "http.response.body", "body": _QUOTE})


def scope() -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "query_string": b"",
        "headers": list(_HEADERS),
    }


async def cpu_us(app: ASGIApp, requests: int, at_once: int) -> float:
    """Processor time for each request, in microseconds."""
    started = time.process_time()
    for _ in range(requests // at_once):
        await asyncio.gather(*(call(app) for _ in range(at_once)))
    return (time.process_time() - started) / requests * 1e6


async def call(app: ASGIApp) -> None:
    cycle = Cycle()
    await app(scope(), cycle.receive, cycle.send)


async def compare(requests: int, at_once: int, rounds: int) -> None:
    from bento_service.recording.middleware import Recorder

    recorder = Recorder(quote)
    turns, ratios = [], []
    for _ in range(rounds):
        without = await cpu_us(quote, requests, at_once)
        recorded = await cpu_us(recorder, requests, at_once)
        turns.append(recorded - without)
        ratios.append(recorded / without)
    print(
        f"{at_once} in a turn: {statistics.median(turns):.1f} us a request (fastest turn {min(turns):.1f}),"
    )
    print(f"{statistics.median(ratios):.1f} times the time of the app alone, which does nothing")


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIAMONDS_HOME"] = folder
        uvloop.run(compare(options.requests, options.at_once, options.rounds))


if __name__ == "__main__":
    main()
