"""What each call of the API does: from a parsed request to an answer, whichever way the request came in."""

import asyncio
from dataclasses import asdict
from typing import cast

from bento_service.endpoints import exchanges as history
from bento_service.endpoints import feedback
from bento_service.endpoints import model_files as version_files
from bento_service.endpoints import promotions as administration
from bento_service.endpoints.batching import Batcher
from bento_service.endpoints.datasets import one_dataset
from bento_service.endpoints.loaded_models import LoadedModels
from bento_service.endpoints.model_files import File, ImportAnswer
from bento_service.endpoints.models import all_models, one_model
from bento_service.endpoints.promotions import (
    ComparisonAnswer,
    ComparisonQuery,
    DecisionAnswer,
    PromotionRequest,
    PromotionsAnswer,
    RollbackRequest,
    VersionAnswer,
)
from bento_service.http.columnar import Rows
from bento_service.schemas import (
    BatchRequest,
    DatasetAnswer,
    ExchangeAnswer,
    ExchangesAnswer,
    ExchangesQuery,
    FeedbackRequest,
    QuoteRequest,
    SimilarRequest,
)
from diamonds.api.schemas import (
    BatchQuote,
    Contribution,
    Explanation,
    FeedbackAnswer,
    ModelAnswer,
    ModelsAnswer,
    Price,
    Quote,
    SimilarAnswer,
    Source,
)
from diamonds.models.features import Matrix
from diamonds.pricing.explanation import explain
from diamonds.pricing.pricer import CURRENCY, Pricer, Quotes


class Handlers:
    """The calls, answered from the models that this worker has loaded."""

    def __init__(self, models: LoadedModels) -> None:
        self.models = models
        self.batcher = Batcher()

    async def predict(self, request: QuoteRequest) -> Quote:
        pricer = await self.models.pricer(request.model)
        quotes, place = await self.batcher.quote(pricer, request)
        return {**_shown(quotes, place), "coverage": pricer.coverage, **_source(pricer)}

    async def predict_batch(self, request: BatchRequest | Rows) -> BatchQuote:
        pricer = await self.models.pricer(request.model)
        predictions = await asyncio.to_thread(_predictions, pricer, request.rows)
        return {"predictions": predictions, "coverage": pricer.coverage, **_source(pricer)}

    async def explain(self, request: QuoteRequest) -> Explanation:
        pricer = await self.models.pricer(request.model)
        explained = await asyncio.to_thread(explain, pricer, request)
        return {
            "price": explained.price_usd,
            "base": explained.base_usd,
            "contributions": [cast(Contribution, asdict(each)) for each in explained.contributions],
            **_source(pricer),
        }

    async def similar(self, request: SimilarRequest) -> SimilarAnswer:
        samples, available = self.models.champion.similar.nearest(request, request.n)
        return {"samples": samples, "available": available}

    async def feedback(self, request: FeedbackRequest) -> FeedbackAnswer:
        return await feedback.give(request)

    async def list_models(self) -> ModelsAnswer:
        return await asyncio.to_thread(all_models)

    async def show_dataset(self, fingerprint: str) -> DatasetAnswer:
        return await asyncio.to_thread(one_dataset, fingerprint)

    async def list_exchanges(self, query: ExchangesQuery) -> ExchangesAnswer:
        return await history.list_exchanges(query)

    async def show_exchange(self, id_: str) -> ExchangeAnswer:
        return await history.show_exchange(id_)

    async def show_model(self, name: str) -> ModelAnswer:
        return await asyncio.to_thread(one_model, name)

    async def show_version(self, tag: str) -> VersionAnswer:
        return await asyncio.to_thread(administration.show_version, tag)

    async def export_version(self, tag: str) -> File:
        return await asyncio.to_thread(version_files.download, tag)

    async def import_version(self, content: bytes) -> ImportAnswer:
        return await asyncio.to_thread(version_files.upload, content)

    async def compare(self, query: ComparisonQuery) -> ComparisonAnswer:
        return await asyncio.to_thread(administration.compare, query)

    async def list_promotions(self) -> PromotionsAnswer:
        return await asyncio.to_thread(administration.list_promotions)

    async def promote(self, request: PromotionRequest) -> DecisionAnswer:
        return await asyncio.to_thread(administration.promote, request)

    async def roll_back(self, request: RollbackRequest) -> DecisionAnswer:
        return await asyncio.to_thread(administration.roll_back, request)


def _predictions(pricer: Pricer, rows: Matrix) -> list[Price]:
    quotes = pricer.quotes(rows)
    columns = zip(quotes.price, quotes.low, quotes.high, strict=True)
    predictions: list[Price] = [{"price": price, "low": low, "high": high} for price, low, high in columns]
    for place, warnings in quotes.warnings.items():
        predictions[place]["warnings"] = warnings
    return predictions


def _shown(quotes: Quotes, place: int) -> Price:
    shown: Price = {"price": quotes.price[place], "low": quotes.low[place], "high": quotes.high[place]}
    if place in quotes.warnings:
        shown["warnings"] = quotes.warnings[place]
    return shown


def _source(pricer: Pricer) -> Source:
    return {"currency": CURRENCY, "model": pricer.version.model, "version": pricer.tag}
