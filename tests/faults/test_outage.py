"""What the service still answers while its database is away, and what becomes of it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from tests.bento_service.serving import serving
from tests.faults.conftest import Scene
from tests.postgres_server import Server
from tests.processes import wait_until

pytestmark = pytest.mark.slow

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
CALLS: dict[str, Any] = {
    "/predict": STONE,
    "/predict_batch": {"diamonds": [STONE]},
    "/explain": STONE,
    "/similar": STONE,
}
RECORDED_READS = ("/models", "/models/linear", "/promotions")
OTHER_READS = ("/docs.json", "/metrics", "/livez", "/readyz")


def test_without_the_database_everything_works_but_the_reads_of_exchanges(scene: Scene) -> None:
    with scene.service() as running, running.client() as client:
        quoted_before = ask(client, "/predict", STONE)
        wait_until(lambda: arrived(scene, [quoted_before]))
        with away(scene.postgres):
            answers = [quoted_before, *(ask(client, path, body) for path, body in CALLS.items())]
            answers += [ask(client, path) for path in RECORDED_READS]
            answers += [sold(client, quote, 2000 + number) for number, quote in enumerate(answers[:2])]
            wait_until(lambda: "database is away" in client.get("/readyz").headers["X-Recording"])
            assert {client.get(path).status_code for path in OTHER_READS} == {200}
            for path in ("/exchanges", f"/exchanges/{uuid4()}"):
                refused = client.get(path)
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "database_away")
                assert "Nothing is lost" in refused.json()["error"]["message"]
        wait_until(lambda: arrived(scene, answers))
        wait_until(lambda: client.get("/exchanges").status_code == 200)
    assert prices(scene) == {id_of(answers[0]): 2000, id_of(answers[1]): 2001}


def test_a_service_that_starts_without_its_database_records_from_the_start(scene: Scene) -> None:
    settings = {"DIAMONDS_DATABASE_URL": scene.postgres.url(), "DIAMONDS_HOME": str(scene.folder)}
    with ExitStack() as stack:
        with away(scene.postgres):
            service = serving(scene.folder / "log", environment=settings, until="/readyz")
            client = stack.enter_context(stack.enter_context(service).client())
            quote = ask(client, "/predict", STONE)
            feedback = sold(client, quote, 2500)
        wait_until(lambda: arrived(scene, [quote, feedback]))
    assert prices(scene) == {id_of(quote): 2500}


@contextmanager
def away(postgres: Server) -> Iterator[None]:
    """The database is stopped, and started again at the end."""
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


def ask(client: httpx.Client, path: str, body: Any = None) -> httpx.Response:
    answer = client.get(path) if body is None else client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer


def sold(client: httpx.Client, quote: httpx.Response, price: float) -> httpx.Response:
    """Feedback, which nobody can check now."""
    answer = ask(client, "/feedback", {"exchange_id": id_of(quote), "price": price})
    assert (answer.json()["checked"], answer.json()["quote"]) == (False, None)
    return answer


def id_of(answer: httpx.Response) -> str:
    return answer.headers["X-Exchange-Id"]


def arrived(scene: Scene, answers: list[httpx.Response]) -> bool:
    """Whether the database holds exactly what a client has seen."""
    found = rows(scene, "SELECT id::text, status, response_body FROM exchanges")
    seen = [(id_of(answer), answer.status_code, answer.json()) for answer in answers]
    return sorted(map(tuple, found), key=str) == sorted(seen, key=str)


def prices(scene: Scene) -> dict[str, float]:
    return dict(map(tuple, rows(scene, "SELECT exchange_id::text, price_usd FROM feedback")))


def rows(scene: Scene, query: str) -> list[Any]:
    try:
        with scene.engine.connect() as connection:
            return list(connection.exec_driver_sql(query))
    except (sa.exc.OperationalError, sa.exc.ProgrammingError):  # it is not back, or has no tables yet
        return []
