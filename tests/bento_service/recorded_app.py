"""A small API under the recorder, for outcomes that the real service cannot be made to have."""

import asyncio
import os
from itertools import count

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bento_service.http.keys import KeyRequired
from bento_service.recording.exchange import ExchangeInFlight
from bento_service.recording.middleware import Recorder
from bento_service.recording.replay import Replay


async def predict(request: Request) -> Response:
    exchange = ExchangeInFlight.of(request.scope)
    assert exchange is not None
    exchange.note_version("linear", "diamonds-linear:abc")
    return JSONResponse({"price": 1234.5, "worker": os.getpid(), "got": (await request.body()).decode()[:40]})


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/octet-stream")


async def slow(request: Request) -> Response:
    """As ``echo``, later than clients are looked after that have closed their side."""
    await asyncio.sleep(0.5)
    return await echo(request)


async def large(_request: Request) -> Response:
    return Response(b"x" * 20_000_000, media_type="application/octet-stream")


async def never(_request: Request) -> Response:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


_RELEASED = asyncio.Event()


async def held(_request: Request) -> Response:
    await _RELEASED.wait()
    return JSONResponse({"held": True})


async def release(_request: Request) -> Response:
    _RELEASED.set()
    return Response("\n")


async def left(request: Request) -> Response:
    """Answers only once the client has left."""
    await request.body()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return JSONResponse({"left": True})


async def stream(_request: Request) -> Response:
    return StreamingResponse(iter([b"one,", b"two,", b"three"]), media_type="text/csv")


async def nothing(_request: Request) -> Response:
    return Response(status_code=204)


async def fail(_request: Request) -> Response:
    raise RuntimeError("as the test wants")


async def fail_quoting(request: Request) -> Response:
    raise RuntimeError(f"as the test wants, with {(await request.body()).decode()}")


_CALLS = count(1)


async def fail_once(_request: Request) -> Response:
    calls = next(_CALLS)
    if calls == 1:
        raise RuntimeError("as the test wants")
    return JSONResponse({"calls": calls})


_TURNS = count(1)


async def turn(_request: Request) -> Response:
    """Counts its calls; the first one is a conflict."""
    number = next(_TURNS)
    await asyncio.sleep(1)
    return JSONResponse({"turn": number}, 409 if number == 1 else 200)


async def health(_request: Request) -> Response:
    return Response("\n")


app = Starlette(
    routes=[
        Route("/predict", predict, methods=["POST"]),
        Route("/echo", echo, methods=["GET", "POST", "PUT"]),
        Route("/slow", slow, methods=["POST"]),
        Route("/large", large),
        Route("/never", never),
        Route("/held", held),
        Route("/docs/release", release),  # not recorded, so that the limit of requests in flight lets it pass
        Route("/left", left),
        Route("/stream", stream),
        Route("/nothing", nothing),
        Route("/fail", fail),
        Route("/fail/once", fail_once),
        Route("/fail/quoting", fail_quoting, methods=["POST"]),
        Route("/turn", turn, methods=["POST"]),
        Route("/readyz", health),
    ],
    middleware=[Middleware(Recorder), Middleware(KeyRequired), Middleware(Replay)],
)
