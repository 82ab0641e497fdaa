"""The middleware that answers a retry with the response to the same request, instead of the app."""

from starlette.types import ASGIApp, Receive, Scope, Send

from bento_service.recording.exchange import ExchangeInFlight


class Replay:
    """Replays what the recorder found to be answered before.

    It is inside whatever checks who calls: a retry gets nothing that the call itself would not get.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = ExchangeInFlight.of(scope)
        if exchange is None or exchange.answer is None:
            await self.app(scope, receive, send)
        else:
            await exchange.replay(exchange.answer)
