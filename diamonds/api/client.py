"""A client of the HTTP API: typed responses, the API's own errors, and retries under one exchange id."""

import urllib.request
from collections.abc import Sequence
from functools import cache
from typing import Any, NotRequired, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import orjson
import uuid_utils
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from diamonds.api.quotes import BatchQuote, Explanation, GradesResponse, Quote, SimilarResponse
from diamonds.api.responses import (
    AddedDataset,
    FeedbackListResponse,
    FeedbackResponse,
    FieldError,
    ModelResponse,
    ModelsResponse,
)
from diamonds.api.retries import send_until_answered
from diamonds.loopback import is_loopback

T = TypeVar("T")

URL = "http://127.0.0.1:3000"
_ID, _RETRY = "x-exchange-id", "x-exchange-retry"


class ServiceDown(ConnectionError):
    """The service sent no response, however often the request was sent."""


class Refused(Exception):
    """The API answered with an error; ``message``, ``code`` and ``fields`` are its own."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.fields = list(fields)


class GradedStone(TypedDict):
    """The four required properties of a diamond; the weight is in carats."""

    carat: float
    cut: str
    color: str
    clarity: str


class Stone(GradedStone):
    """A diamond to be priced: depth and table in percent, x, y and z in mm; None: unknown."""

    depth: NotRequired[float | None]
    table: NotRequired[float | None]
    x: NotRequired[float | None]
    y: NotRequired[float | None]
    z: NotRequired[float | None]


class IdentifiedQuote(Quote):
    """A quote with the id of its exchange, which ``Client.feedback`` takes."""

    exchange_id: UUID


class Client:
    """Calls one service; threads may share it, and ``with`` closes its connections.

    A request without a response, or with status 429, 503 or 504, is sent again under the same exchange id, so
    that it is one exchange however often it was sent. ``options`` go to ``httpx.Client``, such as ``verify``.
    A service on this machine is called directly, whatever proxy is configured.
    """

    def __init__(
        self,
        url: str = URL,
        *,
        key: str | None = None,
        timeout_seconds: float = 30.0,
        tries: int = 4,
        **options: Any,
    ) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        options.setdefault("trust_env", not is_loopback(urlsplit(url).hostname))
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_seconds, **options)
        self._url, self._tries = url, tries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def predict(self, stone: Stone, model: str | None = None) -> IdentifiedQuote:
        """The price of the stone, by the model of that name or the champion."""
        response = self.call("POST", "/predict", {**stone, "model": model})
        return {**_read(Quote, response), "exchange_id": UUID(response.headers[_ID])}

    def predict_batch(self, stones: Sequence[Stone], model: str | None = None) -> BatchQuote:
        """The prices of the stones, in order."""
        return _read(
            BatchQuote, self.call("POST", "/predict_batch", {"diamonds": list(stones), "model": model})
        )

    def explain(self, stone: Stone, model: str | None = None) -> Explanation:
        """The price of the stone, taken apart by property."""
        return _read(Explanation, self.call("POST", "/explain", {**stone, "model": model}))

    def similar(self, stone: GradedStone, n: int = 5) -> SimilarResponse:
        """Up to ``n`` sold stones of the same grades and the nearest weights."""
        graded = {name: stone[name] for name in ("carat", "cut", "color", "clarity")}
        return _read(SimilarResponse, self.call("POST", "/similar", {**graded, "n": n}))

    def feedback(self, exchange_id: UUID | str, price: float) -> FeedbackResponse:
        """Reports the sale price of a quoted stone, in USD; a later price replaces an earlier one."""
        body = {"exchange_id": str(exchange_id), "price": price}
        return _read(FeedbackResponse, self.call("POST", "/feedback", body))

    def feedback_file(self, content: bytes, content_type: str = "text/csv") -> FeedbackListResponse:
        """Reports the sale prices in a file, columns ``exchange_id`` and ``price``; a result for each row."""
        headers = {"content-type": content_type}
        return _read(FeedbackListResponse, self.call("POST", "/feedback", content=content, headers=headers))

    def add_dataset(
        self, content: bytes, content_type: str = "text/csv", name: str | None = None, *, market: bool = False
    ) -> AddedDataset:
        """Stores a file of sold stones and has models trained on it.

        ``market`` adds it to the folder of the market's data. What learned from other data than the market's
        is promoted by a person only.
        """
        query = {"name": name, "market": "true" if market else None}
        return _read(
            AddedDataset,
            self.call(
                "POST",
                "/datasets",
                content=content,
                headers={"content-type": content_type},
                params={parameter: value for parameter, value in query.items() if value is not None},
            ),
        )

    def grades(self, model: str | None = None) -> GradesResponse:
        """The grades that the model of that name or the champion has learned, from the worst to the best."""
        query = {"params": {"model": model}} if model else {}
        return _read(GradesResponse, self.call("GET", "/grades", **query))

    def price_file(self, content: bytes, content_type: str = "text/csv", model: str | None = None) -> bytes:
        """A file of stones with its prices: every row in its place, in the format of the file."""
        query = {"params": {"model": model}} if model else {}
        headers = {"content-type": content_type}
        return self.call("POST", "/predict_batch", content=content, headers=headers, **query).content

    def models(self) -> ModelsResponse:
        """The champion, and each model with its newest version."""
        return _read(ModelsResponse, self.call("GET", "/models"))

    def model(self, name: str) -> ModelResponse:
        """All versions of a model, newest first."""
        return _read(ModelResponse, self.call("GET", f"/models/{name}"))

    def call(self, method: str, path: str, body: object = None, **options: Any) -> httpx.Response:
        """The response to any call of the API, with a JSON body where ``body`` is not None.

        Raises ``Refused`` when it is an error, and ``ServiceDown`` when there is none.
        """
        if body is not None:
            options |= {"content": orjson.dumps(body), "headers": {"content-type": "application/json"}}
        return checked(self.send(method, path, **options))

    def _through(self) -> str:
        """The proxy between us and the service, as part of a sentence."""
        proxies = urllib.request.getproxies() if self._http.trust_env else {}
        url = urlsplit(self._url)
        proxy = proxies.get(url.scheme, proxies.get("all"))
        if not proxy or urllib.request.proxy_bypass(url.hostname or ""):
            return ""
        return f" through the proxy {urlsplit(proxy).hostname} (*_PROXY; exceptions are in NO_PROXY)"

    def send(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        """The last response, whatever its status; raises ``ServiceDown`` when there is none."""
        request = self._http.build_request(method, path, headers=headers, **content)
        if self._tries > 1:  # else there is nothing to join, and the service chooses an id
            request.headers[_ID] = str(uuid_utils.uuid7())

        def send(before: int) -> httpx.Response:
            if before:  # the service may have answered it: only now it has to look, before it answers
                request.headers[_RETRY] = str(before)
            return self._http.send(request)

        try:
            return send_until_answered(send, self._tries)
        except httpx.TransportError as error:
            raise ServiceDown(
                f"The service at {self._url} does not answer{self._through()}: {error}"
            ) from error


def checked(response: httpx.Response) -> httpx.Response:
    """The response if it is no error; raises ``Refused`` with the API's message otherwise."""
    if response.is_error:
        raise _refusal(response)
    return response


def _refusal(response: httpx.Response) -> Refused:
    try:
        error = response.json()["error"]
        return Refused(response.status_code, error["code"], error["message"], error["fields"])
    except (ValueError, KeyError, TypeError):  # it comes from a proxy in between
        message = f"The service answered with status {response.status_code}: {response.text[:200]}"
        return Refused(response.status_code, "unknown", message)


def _read(shape: type[T], response: httpx.Response) -> T:
    answer: T = _adapter(shape).validate_json(response.content)  # type: ignore[arg-type] # types are hashable
    return answer


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
