"""The BentoML service: the typed contract for BentoML's clients, and how a worker starts and stops.

What only workers use is imported where they do: the process that starts them imports this module, too.
"""

import asyncio
import contextlib
import gc

import bentoml

from bento_service.bentoml_service import LeanService
from bento_service.startup import check_start, valid_settings
from diamonds.api.quotes import BatchQuote, Explanation, Quote, SimilarResponse
from diamonds.api.requests import BatchRequest, FeedbackRequest, QuoteRequest, SimilarRequest
from diamonds.api.responses import FeedbackResponse
from diamonds.logs import write_log
from diamonds.stack.environment import SERVICE_DEFAULTS

_SETTINGS = valid_settings()
write_log(as_=_SETTINGS.log_format)


@bentoml.service(
    name="diamonds",
    service_class=LeanService,
    workers=_SETTINGS.service_workers,
    http={"host": _SETTINGS.host, "port": _SETTINGS.service_port},  # BentoML's own default is 0.0.0.0
    logging={"access": {"enabled": False}},  # the exchanges are the log
    envs=[{"name": name, "value": value} for name, value in SERVICE_DEFAULTS.items()],
)
class DiamondService:
    """Quotes what diamonds are worth and finds similar ones.

    Over HTTP `bento_service.http.app` answers these paths first; both call the same functions.
    """

    @bentoml.api(route="/predict")
    async def predict(self, request: QuoteRequest, /) -> Quote:
        from bento_service.endpoints import quoting

        return await quoting.predict(request)

    @bentoml.api(route="/predict_batch")
    async def predict_batch(self, request: BatchRequest, /) -> BatchQuote:
        from bento_service.endpoints import quoting

        return await quoting.predict_batch(request)

    @bentoml.api(route="/explain")
    async def explain(self, request: QuoteRequest, /) -> Explanation:
        from bento_service.endpoints import quoting

        return await quoting.explain(request)

    @bentoml.api(route="/similar")
    async def similar(self, request: SimilarRequest, /) -> SimilarResponse:
        from bento_service.endpoints import similar

        return await similar.similar(request)

    @bentoml.api(route="/feedback")
    async def feedback(self, request: FeedbackRequest, /) -> FeedbackResponse:
        from bento_service.endpoints import feedback

        return await feedback.feedback(request)

    @bentoml.on_deployment
    def check() -> None:
        """Ends the start before any worker, where it may not be."""
        check_start()

    @bentoml.on_startup
    async def start(self) -> None:
        from bento_service.endpoints import disk
        from bento_service.endpoints.loaded_models import loaded_models
        from bento_service.endpoints.shared_store import shared_store
        from bento_service.http.threads import CHAMPION, run_in

        await run_in(CHAMPION, loaded_models.start)
        gc.enable()
        champion = loaded_models.follow(_SETTINGS.champion_check_seconds)
        following = (champion, shared_store.follow(), disk.follow())
        self._following = [asyncio.create_task(each) for each in following]

    @bentoml.on_shutdown
    async def stop(self) -> None:
        for each in self._following:
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each

    def __is_ready__(self) -> bool:
        from bento_service.endpoints.loaded_models import loaded_models

        return loaded_models.ready
