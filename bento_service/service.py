"""The BentoML service: the typed contract for BentoML's clients, and how a worker starts and stops."""

import asyncio
import contextlib

import bentoml

from bento_service.bentoml_service import LeanService
from bento_service.endpoints import disk, feedback, quoting, similar
from bento_service.endpoints.feedback import FeedbackRequest
from bento_service.endpoints.grades import known_grades
from bento_service.endpoints.loaded_models import loaded_models
from bento_service.endpoints.quoting import BatchRequest, QuoteRequest
from bento_service.endpoints.shared_store import shared_store
from bento_service.endpoints.similar import SimilarRequest
from bento_service.http.app import Api
from bento_service.http.cors import BrowserAccess
from bento_service.http.keys import KeyRequired
from bento_service.http.threads import CHAMPION, run_in
from bento_service.recording.middleware import Recorder
from bento_service.recording.replay import Replay
from bento_service.routes import ROUTES
from bento_service.startup import check_start, valid_settings
from diamonds.api.schemas import BatchQuote, Explanation, FeedbackResponse, Quote, SimilarResponse
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
        return await quoting.predict(request)

    @bentoml.api(route="/predict_batch")
    async def predict_batch(self, request: BatchRequest, /) -> BatchQuote:
        return await quoting.predict_batch(request)

    @bentoml.api(route="/explain")
    async def explain(self, request: QuoteRequest, /) -> Explanation:
        return await quoting.explain(request)

    @bentoml.api(route="/similar")
    async def similar(self, request: SimilarRequest, /) -> SimilarResponse:
        return await similar.similar(request)

    @bentoml.api(route="/feedback")
    async def feedback(self, request: FeedbackRequest, /) -> FeedbackResponse:
        return await feedback.feedback(request)

    @bentoml.on_deployment
    def check() -> None:
        """Ends the start before any worker, where it may not be."""
        check_start()

    @bentoml.on_startup
    async def start(self) -> None:
        await run_in(CHAMPION, loaded_models.start)
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
        return loaded_models.ready


# What is added first is outermost: every request is recorded, whatever becomes of it.
if _SETTINGS.cors_origins:
    DiamondService.add_asgi_middleware(BrowserAccess)  # type: ignore[attr-defined]
DiamondService.add_asgi_middleware(Recorder)  # type: ignore[attr-defined]
DiamondService.add_asgi_middleware(KeyRequired)  # type: ignore[attr-defined]
DiamondService.add_asgi_middleware(Replay)  # type: ignore[attr-defined]
DiamondService.add_asgi_middleware(Api, routes=ROUTES, grades=known_grades)  # type: ignore[attr-defined]
