from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from diamonds.database import engine
from diamonds.exchanges import Body, Exchange, Filter, exchange, page
from diamonds.exchanges.database.erasure import forget
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.idempotency import claim
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.shipping import shipper as shipper_module
from diamonds.exchanges.shipping.shipper import Shipper
from tests.exchanges.conversations import (
    append_exchanges,
    dead_letters,
    make_journal,
    make_request,
    make_response,
)
from tests.processes import wait_until

pytestmark = pytest.mark.usefixtures("empty_database")


def ship(kept: Journal, report: Callable[[str | None], None] = lambda problem: None) -> None:
    """Ships all that a journal holds, as a clean stop does."""
    shipper = Shipper(kept.folder, report)
    shipper.start()
    shipper.stop(20)
    kept.close()


def rows() -> list[Exchange]:
    return page(Filter(), limit=1000).exchanges


def test_a_clean_stop_ships_everything_and_leaves_nothing_behind(tmp_path: Path) -> None:
    kept = make_journal(tmp_path)
    requests = append_exchanges(kept, 2500)
    ship(kept)
    with engine().connect() as connection:
        found = connection.execute(sa.text("SELECT id FROM exchanges")).scalars().all()
    assert {str(id_) for id_ in found} == {request.id for request in requests}
    assert list(tmp_path.iterdir()) == []


def test_what_was_shipped_before_is_not_doubled(tmp_path: Path) -> None:
    first, second = make_journal(tmp_path / "a"), make_journal(tmp_path / "b")
    request = make_request(1)
    for kept in (first, second):
        kept.append(request.frame())
        kept.append(make_response(request).frame())
        ship(kept)
    assert len(rows()) == 1


def test_the_journal_of_a_dead_worker_is_adopted_with_what_it_was_answering(tmp_path: Path) -> None:
    dead = make_journal(tmp_path)
    (done,) = append_exchanges(dead, 1)
    cut_off = make_request(2)
    dead.append(cut_off.frame())
    dead.close()
    Shipper(make_journal(tmp_path).folder).adopt()
    statuses = {str(one.id): one.status for one in rows()}
    assert statuses == {done.id: 200, cut_off.id: None}
    assert list(tmp_path.iterdir()) == []


def test_an_answer_completes_its_request_that_came_before_it(tmp_path: Path) -> None:
    request = make_request(1)
    for answers in ([], [make_response(request)], [make_response(request, status=500)]):
        kept = make_journal(tmp_path)
        kept.append(request.frame())
        for one in answers:
            kept.append(one.frame())
        ship(kept)
    (whole,) = rows()
    assert (whole.status, whole.response_body) == (200, {"price": 1})


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("statuses", "kept_status"),
    [
        ([503, 200], 200),
        ([503, 500], 500),
        ([503, None], 503),
        ([429, 200], 200),
        ([None, 503, 404], 404),
        ([200, 503], 200),
        ([400, 200], 400),
    ],
)
def test_of_several_attempts_under_one_id_the_first_final_answer_stays_else_the_last_failure(
    tmp_path: Path, statuses: list[int | None], kept_status: int, at_once: bool
) -> None:
    first = make_request(0)
    attempts = [first._replace(started_at=first.started_at + tried) for tried in range(len(statuses))]
    tries = [
        (attempt, make_response(attempt, status=status))
        for attempt, status in zip(attempts, statuses, strict=True)
    ]
    for batch in [tries] if at_once else [[one] for one in (*tries, *tries)]:  # the latter shipped twice
        with engine().begin() as connection:
            upsert(connection, batch)
    (row,) = rows()
    assert row.status == kept_status
    assert row.started_at.timestamp() == pytest.approx(attempts[statuses.index(kept_status)].started_at)


def test_an_answer_whose_request_was_damaged_is_kept_all_the_same(tmp_path: Path) -> None:
    kept, request = make_journal(tmp_path), make_request(1)
    kept.append(make_response(request).frame())
    ship(kept)
    (one,) = rows()
    assert (str(one.id), one.status, one.path) == (request.id, 200, "")
    assert abs((datetime.now(UTC) - one.started_at).total_seconds()) < 60


@pytest.mark.parametrize("others", [1, 200])
def test_what_the_database_refuses_holds_up_nothing_else(tmp_path: Path, others: int) -> None:
    kept = make_journal(tmp_path)
    refused = make_request(10**6, query="\0")
    kept.append(refused.frame())
    kept.append(make_response(refused).frame())
    fine = append_exchanges(kept, others)
    ship(kept)
    assert {str(one.id) for one in rows()} == {one.id for one in fine}
    assert [str(letter.exchange_id) for letter in dead_letters()] == [refused.id]


def test_an_exchange_of_a_long_path_arrives_and_is_found_by_it(tmp_path: Path) -> None:
    kept = make_journal(tmp_path)
    # Random, so that no compression makes it short enough; the second differs at its very end.
    path = "/" + "".join(Random(0).choices("äß💎abcdefghijklmnopqrstuvwxyz0123456789", k=10_000))
    long, other = make_request(10**6, path=path), make_request(10**6 + 1, path=path[:-1] + "-")
    for request in (long, other):
        kept.append(request.frame() + make_response(request, status=404).frame())
    after = append_exchanges(kept, 3)
    ship(kept)
    by_path = Filter(path=path)
    for wanted in (by_path, replace(by_path, status=404), replace(by_path, status=404, model="linear")):
        assert [(str(one.id), one.path) for one in page(wanted).exchanges] == [(long.id, path)]
    assert len(page(Filter(status=404, model="linear")).exchanges) == 2
    assert {str(one.id) for one in rows()} == {one.id for one in (long, other, *after)}
    assert list(tmp_path.iterdir()) == []


def test_another_request_under_an_unchecked_id_is_kept_beside_one_that_is_refused(tmp_path: Path) -> None:
    kept, first = make_journal(tmp_path), make_request(1)
    other, refused = make_request(2, id=first.id, id_from_client=True), make_request(3, query="\0")
    for request in (first, other, refused):
        kept.append(request.frame() + make_response(request).frame())
    ship(kept)
    assert sorted(one.request_body["number"] for one in rows()) == [1, 2]


def test_it_hurries_from_when_it_is_far_behind_until_it_has_caught_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipper_module, "REPORT_EVERY_S", 0.0)
    monkeypatch.setattr(shipper_module, "FAR_BEHIND", 3 * 1024 * 1024)
    kept = make_journal(tmp_path)
    append_exchanges(kept, 20_000)
    shipper = Shipper(kept.folder)
    hurried: list[bool] = []  # at each new connection

    def note(*_: object) -> None:
        hurried.append(shipper.catching_up)

    engine().dispose()
    event.listen(engine(), "connect", note)
    shipper.start()
    wait_until(lambda: True in hurried and not shipper.catching_up)
    append_exchanges(kept, 1)
    shipper.stop(20)
    kept.close()
    event.remove(engine(), "connect", note)
    assert hurried == [False, True, False]


@pytest.mark.parametrize("depth", [200, 300, 900, 2000])
def test_deeply_nested_json_holds_up_nothing(tmp_path: Path, depth: int) -> None:
    kept = make_journal(tmp_path)
    body = Body(b"[" * depth + b"]" * depth)
    deep = make_request(1, body=body)
    kept.append(deep.frame())
    kept.append(make_response(deep).frame())
    ship(kept)
    (one,) = rows()
    assert (one.request_body is not None) == (depth == 200)
    assert one.request_bytes == (None if depth == 200 else body.content)


def test_a_forgotten_exchange_does_not_come_back_with_a_late_journal(tmp_path: Path) -> None:
    there, late = make_journal(tmp_path / "a"), make_journal(tmp_path / "b")
    shipped, coming = append_exchanges(there, 2)[0], append_exchanges(late, 1)[0]
    ship(there)
    assert forget([UUID(shipped.id), UUID(coming.id)]) == 1
    ship(late)
    assert exchange(UUID(shipped.id)) is None
    assert exchange(UUID(coming.id)) is None
    assert len(rows()) == 1


def test_an_id_is_claimed_once_and_belongs_to_its_request() -> None:
    request = make_request(1)
    assert claim(request) is None
    assert claim(request) is None  # the first try was cut off: it is done again
    assert claim(make_request(2, id=request.id)) == "taken"
    forget([UUID(request.id)])
    assert claim(request) == "taken"


def test_another_request_under_an_id_that_could_not_be_checked_is_kept_under_one_of_its_own(
    tmp_path: Path,
) -> None:
    kept = make_journal(tmp_path)
    first = make_request(1)
    other = make_request(2, id=first.id, id_from_client=True)
    for request in (first, other):
        kept.append(request.frame())
        kept.append(make_response(request).frame())
        ship(kept)
        kept = make_journal(tmp_path)
    assert sorted(one.request_body["number"] for one in rows()) == [1, 2]
