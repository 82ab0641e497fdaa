"""Clients that call the service again and again, some with our own client, and remember every answer."""

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import sqlalchemy as sa

from tests.faults.clients import NoAnswer, Post, own_client, plain_client

PLAIN_CLIENTS, OWN_CLIENTS = 4, 2
"""The latter choose the ids, and try again under them."""
CLIENTS = PLAIN_CLIENTS + OWN_CLIENTS
PAUSE_S = 0.02
"""A client's rest between two calls, so that the load leaves the machine to what recovers from the fault."""
_FIRST_NUMBERS = count(0, 10**6)
"""Each load has numbers of its own: one after the other may fill the same database."""
SEED = int(os.environ.get("DIAMONDS_FAULT_SEED", "20261125"))

_ROWS = """
SELECT id::text, query, status, request_body, response_body,
    EXTRACT(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS recorded_at
FROM exchanges WHERE path = '/predict' AND id = ANY(%(ids)s::uuid[])"""
_DOUBLED = """
SELECT count(*) - count(DISTINCT query)
FROM exchanges WHERE path = '/predict' AND starts_with(query, 'n=')"""
"""Of all loads on this database."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer that a client has received to its last byte."""

    id: str
    number: int
    status: int
    request: Any
    response: Any
    at: float


@dataclass(slots=True)
class Verdict:
    """The clients' list against the database."""

    answers: int
    found: int
    lost: int
    doubled: int
    differing: int = 0
    unanswered: int = 0
    longest_wait_s: float | None = None
    wait_after_fault_s: float | None = None

    def __str__(self) -> str:
        return (
            f"answers seen {self.answers}, rows found {self.found}, lost {self.lost}, "
            f"doubled {self.doubled}, differing {self.differing}; "
            f"requests without an answer {self.unanswered}; longest wait for a row {self.longest_wait_s} s, "
            f"after the fault {self.wait_after_fault_s} s"
        )


@dataclass(slots=True)
class Load:
    """What the clients have seen since the load began; the fault ended at ``fault_ended_at``, if it did.

    Their calls have numbers from ``first`` on.
    """

    seed: int
    first: int
    fault_ended_at: float | None = None
    seen: list[Seen] = field(default_factory=list)
    unanswered: int = 0

    def call_until(self, url: str, stopped: threading.Event, client: int) -> None:
        random_ = random.Random(self.seed * 1000 + client)
        opened = plain_client(url) if client < PLAIN_CLIENTS else own_client(url)
        with opened as post:
            for number in range(self.first + client, 10**12, CLIENTS):
                if stopped.is_set():
                    return
                self._call(post, number, random_)
                time.sleep(PAUSE_S)

    def _call(self, post: Post, number: int, random_: random.Random) -> None:
        carat = round(random_.uniform(-0.5, 4), 3) or 1.0  # every ninth is refused; no -0.0, stored as bytes
        stone = {"carat": carat, "cut": "Ideal", "color": "G", "clarity": "VS2"}
        try:
            id_, status, body = post(number, stone)
        except NoAnswer:
            self.unanswered += 1
            return
        self.seen.append(Seen(id_, number, status, stone, body, time.time()))

    def verdict(self, engine: sa.Engine, *, within_s: float) -> Verdict:
        """As soon as nothing is lost or differs, or else after that time."""
        deadline = time.monotonic() + within_s
        while True:
            verdict = self._compare(engine)
            # A response may arrive after its request: they are shipped one after the other.
            if (verdict.lost, verdict.differing) == (0, 0) or time.monotonic() > deadline:
                return verdict
            time.sleep(1)

    def _compare(self, engine: sa.Engine) -> Verdict:
        doubled, rows = 0, {}
        with suppress(sa.exc.OperationalError), engine.connect() as connection:
            doubled = connection.exec_driver_sql(_DOUBLED).scalar_one()
            ids = {"ids": [seen.id for seen in self.seen]}
            rows = {row.id: row for row in connection.exec_driver_sql(_ROWS, ids)}
        found = [(seen, rows[seen.id]) for seen in self.seen if seen.id in rows]
        return Verdict(
            answers=len(self.seen),
            found=len(found),
            lost=len(self.seen) - len(found),
            doubled=doubled,
            differing=sum(not _equal(seen, row) for seen, row in found),
            unanswered=self.unanswered,
            longest_wait_s=_longest([(row.recorded_at, seen.at) for seen, row in found]),
            wait_after_fault_s=self._longest_after_fault([(row.recorded_at, seen.at) for seen, row in found]),
        )

    def _longest_after_fault(self, recorded_and_seen: list[tuple[float | None, float]]) -> float | None:
        ended_at = self.fault_ended_at
        if ended_at is None:
            return None
        return _longest([(recorded_at, max(seen_at, ended_at)) for recorded_at, seen_at in recorded_and_seen])


def _longest(recorded_and_seen: list[tuple[float | None, float]]) -> float | None:
    """Seconds until the last row was recorded, counted from its answer."""
    waits = [recorded_at - seen_at for recorded_at, seen_at in recorded_and_seen if recorded_at is not None]
    return round(max(0.0, *waits), 2) if waits else None


def _equal(seen: Seen, row: Any) -> bool:
    return bool(
        (row.status, row.query, row.request_body, row.response_body)
        == (seen.status, f"n={seen.number}", seen.request, seen.response)
    )


@contextmanager
def load(url: str, seed: int) -> Iterator[Load]:
    """Clients that call for as long as the context is open."""
    stopped, made = threading.Event(), Load(seed, next(_FIRST_NUMBERS))
    threads = [
        threading.Thread(target=made.call_until, args=(url, stopped, client)) for client in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
