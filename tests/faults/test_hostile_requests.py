"""Whatever is sent to the service, each response that came from the API is in the record once, and soon."""

import random
import re
import socket
import struct
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa

from tests import fresh_connections
from tests.bento_service.raw_client import connected, read_all
from tests.faults.conftest import Scene
from tests.faults.hostile_requests import STONE, conversation
from tests.faults.load import SEED, Verdict
from tests.processes import wait_until

CONVERSATIONS = 2_400
CLIENTS = 6
NORMAL_REQUEST_EVERY = 20
_RESPONSE = re.compile(
    rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*?x-exchange-id: ([0-9a-f-]{36})\r\n", re.IGNORECASE
)

Answers = dict[str, int]
"""The status of each response by the id of its exchange."""


@pytest.mark.slow
def test_each_response_to_any_request_is_in_the_record_once_and_soon(scene: Scene) -> None:
    with scene.service() as running:
        with ThreadPoolExecutor(CLIENTS) as clients:
            seen = list(clients.map(lambda number: call(running.url, number, scene.engine), range(CLIENTS)))
        answers = {id_: status for answers, _ in seen for id_, status in answers.items()}
        wait_until(lambda: answers.keys() <= statuses(scene.engine).keys(), details=lambda: str(SEED))
        assert fresh_connections.get(f"{running.url}/readyz").headers["X-Recording"] == "ok"
    delays = [delay for _, delays in seen for delay in delays]
    assert len(answers) > CONVERSATIONS / 3
    recorded = statuses(scene.engine)
    found = len(answers.keys() & recorded.keys())
    doubled = scene.count("SELECT count(*) - count(DISTINCT id) FROM exchanges")
    wait_s = round(max(delays), 2)  # of the normal ones
    scene.report(
        f"{CONVERSATIONS} hostile requests",
        Verdict(len(answers), found, len(answers) - found, doubled, longest_wait_s=wait_s),
    )
    assert {id_: recorded[id_] for id_ in answers} == answers
    assert max(answers.values()) < 500
    assert "Traceback" not in running.log.read_text()


def call(url: str, client: int, engine: sa.Engine) -> tuple[Answers, Sequence[float]]:
    """What one client saw: responses to hostile requests, and seconds until the rows of normal ones."""
    random_ = random.Random(SEED * 1000 + client)
    answers: Answers = {}
    delays = []
    for number in range(CONVERSATIONS // CLIENTS):
        answers |= converse(url, conversation(random_), random_)
        if number % NORMAL_REQUEST_EVERY == 0:
            delays.append(seconds_until_recorded(url, engine))
    return answers, delays


def converse(url: str, sent: bytes, random_: random.Random) -> Answers:
    """Sends that, leaves early or closes its side, and returns the responses that arrived."""
    connection = connected(url)
    with connection, suppress(OSError):
        pieces = random_.choice((1, 1, 3))
        for start in range(0, len(sent), len(sent) // pieces + 1):
            connection.sendall(sent[start : start + len(sent) // pieces + 1])
        ending = random_.random()
        if ending < 0.05:
            return {}
        if ending < 0.1:  # the connection is reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return {}
        connection.shutdown(socket.SHUT_WR)
        return {id_.decode(): int(status) for status, id_ in _RESPONSE.findall(read_all(connection))}
    return {}


def seconds_until_recorded(url: str, engine: sa.Engine) -> float:
    answered = fresh_connections.post(f"{url}/predict", json=STONE)
    assert answered.status_code == 200
    started = time.monotonic()
    id_ = answered.headers["X-Exchange-Id"]
    query = sa.text("SELECT status FROM exchanges WHERE id = CAST(:id AS uuid) AND duration_ms IS NOT NULL")

    def is_recorded() -> bool:
        with engine.connect() as connection:
            return connection.execute(query, {"id": id_}).scalar() == 200

    wait_until(is_recorded, details=lambda: f"seed {SEED}, exchange {id_}")
    return time.monotonic() - started


def statuses(engine: sa.Engine) -> dict[str, int | None]:
    with engine.connect() as connection:
        query = "SELECT id::text, status FROM exchanges WHERE duration_ms IS NOT NULL"
        return {row.id: row.status for row in connection.exec_driver_sql(query)}
