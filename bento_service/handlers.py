"""What each call of the API does: from a parsed request to an answer, whichever way the request came in."""

import asyncio

from bento_service import history
from bento_service.batching import Batcher
from bento_service.champion import LoadedModels
from bento_service.schemas import (
    BatchQuote,
    BatchRequest,
    ExchangeAnswer,
    ExchangesAnswer,
    ExchangesQuery,
    ModelAnswer,
    ModelsAnswer,
    Quote,
    QuoteRequest,
    SimilarAnswer,
    SimilarRequest,
)
from bento_service.versions import all_models, one_model
from diamonds.quotes import CURRENCY


class Handlers:
    """The calls, answered from the models that this worker has loaded."""

    def __init__(self, models: LoadedModels) -> None:
        self.models = models
        self.batcher = Batcher()

    async def predict(self, request: QuoteRequest) -> Quote:
        pricer = await self.models.pricer(request.model)
        price = await self.batcher.price_usd(pricer, request)
        return {"price": price, "currency": CURRENCY, "model": pricer.version.model, "version": pricer.tag}

    async def predict_batch(self, request: BatchRequest) -> BatchQuote:
        pricer = await self.models.pricer(request.model)
        prices = await asyncio.to_thread(pricer.prices_usd, request.diamonds)
        return {
            "predictions": [{"price": price} for price in prices],
            "currency": CURRENCY,
            "model": pricer.version.model,
            "version": pricer.tag,
        }

    async def similar(self, request: SimilarRequest) -> SimilarAnswer:
        samples, available = self.models.champion.similar.nearest(request, request.n)
        return {"samples": samples, "available": available}

    async def list_models(self) -> ModelsAnswer:
        return await asyncio.to_thread(all_models)

    async def list_exchanges(self, query: ExchangesQuery) -> ExchangesAnswer:
        return await history.list_exchanges(query)

    async def show_exchange(self, id_: str) -> ExchangeAnswer:
        return await history.show_exchange(id_)

    async def show_model(self, name: str) -> ModelAnswer:
        return await asyncio.to_thread(one_model, name)
