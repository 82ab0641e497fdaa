import asyncio

import httpx
from starlette.types import Receive, Scope, Send

from bento_service.http.app import Api
from bento_service.routes import ROUTES
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE


async def no_app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("The API answers its own paths.")


def test_an_api_without_a_recorder_quotes_all_the_same(linear: Version) -> None:
    api = Api(no_app, ROUTES)

    async def predict() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://api") as client:
            return await client.post("/predict", json={**STONE, "model": "linear"})

    response = asyncio.run(predict())
    assert (response.status_code, response.json()["model"]) == (200, "linear")
    assert "X-Exchange-Id" not in response.headers
