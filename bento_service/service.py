"""The BentoML service: the typed contract for BentoML's clients, and how a worker starts and stops."""

import asyncio
import contextlib

import bentoml

from bento_service.bentoml_service import LeanService
from bento_service.endpoints.loaded_models import LoadedModels
from bento_service.endpoints.quoting import Handlers
from bento_service.http.app import Api
from bento_service.http.keys import KeyRequired
from bento_service.recording.middleware import Recorder
from bento_service.schemas import BatchRequest, FeedbackRequest, QuoteRequest, SimilarRequest
from diamonds.api.schemas import BatchQuote, Explanation, FeedbackAnswer, Quote, SimilarAnswer
from diamonds.settings import settings

_handlers = Handlers(LoadedModels())


@bentoml.service(
    name="diamonds",
    service_class=LeanService,
    workers=settings().service_workers,
    logging={"access": {"enabled": False}},  # the exchanges are the log
    envs=[{"name": "OMP_NUM_THREADS", "value": "1"}],  # see diamonds.models.threads
)
class DiamondService:
    """Quotes what diamonds are worth and finds similar ones.

    Over HTTP `bento_service.http.app` answers these paths first; both call the same handlers.
    """

    @bentoml.api(route="/predict")
    async def predict(self, request: QuoteRequest, /) -> Quote:
        return await _handlers.predict(request)

    @bentoml.api(route="/predict_batch")
    async def predict_batch(self, request: BatchRequest, /) -> BatchQuote:
        return await _handlers.predict_batch(request)

    @bentoml.api(route="/explain")
    async def explain(self, request: QuoteRequest, /) -> Explanation:
        return await _handlers.explain(request)

    @bentoml.api(route="/similar")
    async def similar(self, request: SimilarRequest, /) -> SimilarAnswer:
        return await _handlers.similar(request)

    @bentoml.api(route="/feedback")
    async def feedback(self, request: FeedbackRequest, /) -> FeedbackAnswer:
        return await _handlers.feedback(request)

    @bentoml.on_startup
    async def start(self) -> None:
        await asyncio.to_thread(_handlers.models.refresh)
        self._following = asyncio.create_task(_handlers.models.follow(settings().champion_check_seconds))

    @bentoml.on_shutdown
    async def stop(self) -> None:
        self._following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._following

    def __is_ready__(self) -> bool:
        return _handlers.models.ready


# What is added first is outermost: every request is recorded, whatever becomes of it.
DiamondService.add_asgi_middleware(Recorder)  # type: ignore[attr-defined]
DiamondService.add_asgi_middleware(KeyRequired)  # type: ignore[attr-defined]
DiamondService.add_asgi_middleware(Api, handlers=_handlers)  # type: ignore[attr-defined]
