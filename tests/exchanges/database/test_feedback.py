"""What quoted stones were sold for, as it is taken from the exchanges that said so."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import uuid_utils

from diamonds.database import engine
from diamonds.exchanges import (
    Body,
    Feedback,
    Filter,
    apply_retention,
    create_partitions,
    exchange,
    feedback_since,
    page,
)
from diamonds.exchanges.database.erasure import forget
from diamonds.exchanges.database.feedback import feedback_summary
from diamonds.exchanges.database.tables import feedback
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Joined
from tests.exchanges.conversations import id_at, make_journal, make_request, make_response
from tests.exchanges.shipping.test_shipper import ship

pytestmark = pytest.mark.usefixtures("empty_database")

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
QUOTE = {"price": 2500.0, "low": 2300.0, "high": 2700.0, "coverage": 0.9}


def quote(**changes: Any) -> Joined:
    request = make_request(1, body=_json({**STONE, "model": "linear"}), **changes)
    return request, make_response(request, body=_json(QUOTE))


def said(about: Joined | str, price: float, minute: int, **changes: Any) -> Joined:
    """Feedback that was given so many minutes after noon."""
    body = {
        "exchange_id": about if isinstance(about, str) else about[0].id,
        "price": price,
        "given_at": (NOON + timedelta(minutes=minute)).isoformat(),
    }
    request = make_request(2, path="/feedback", body=_json(body))
    return request, make_response(request, body=_json(body), model=None, model_version=None, **changes)


def _json(value: object) -> Body:
    return Body(json.dumps(value).encode())


def add(*batch: Joined) -> None:
    with engine().begin() as connection:
        upsert(connection, batch)


def known() -> list[Feedback]:
    return feedback_since(NOON - timedelta(days=1))


def kept_rows() -> Sequence[Any]:
    with engine().connect() as connection:
        return connection.execute(sa.select(feedback)).all()


def test_feedback_is_read_beside_its_quote() -> None:
    quoted = quote()
    given = said(quoted, 2450.0, 0)
    add(quoted, given)
    (one,) = known()
    assert (str(one.exchange_id), one.price_usd, one.given_at) == (quoted[0].id, 2450.0, NOON)
    assert str(one.given_by) == given[0].id
    assert (one.quoted_usd, one.low_usd, one.high_usd, one.coverage) == tuple(QUOTE.values())
    assert (one.model, one.model_version, one.stone) == ("linear", "diamonds-linear:abc", STONE)


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_newest_stays_in_whatever_order_they_come(order: tuple[int, ...], together: bool) -> None:
    quoted = quote()
    given = [said(quoted, 1000.0 + minute, minute) for minute in range(3)]
    batches = [[given[place] for place in order]] if together else [[given[place]] for place in order]
    add(quoted)
    for batch in batches:
        add(*batch)
    assert [one.price_usd for one in known()] == [1002.0]


def test_a_batch_that_comes_again_changes_nothing() -> None:
    quoted = quote()
    older, newer = said(quoted, 1.0, 0), said(quoted, 2.0, 1)
    for batch in ([quoted, older], [newer], [quoted, older], [newer]):
        add(*batch)
    assert [one.price_usd for one in known()] == [2.0]
    assert len(page(Filter()).exchanges) == 3


def test_feedback_that_comes_before_its_quote_waits_for_it() -> None:
    quoted = quote()
    add(said(quoted, 2450.0, 0))
    assert known() == []
    add(quoted)
    assert [one.quoted_usd for one in known()] == [2500.0]


@pytest.mark.parametrize("path", ["/explain", "/similar", "/predict_batch"])
def test_feedback_about_what_turns_out_to_be_no_quote_is_never_read(path: str) -> None:
    add(said(other := quote(path=path), 2450.0, 0), other)
    assert known() == []


def test_feedback_that_was_refused_is_none() -> None:
    quoted = quote()
    add(quoted, said(quoted, 2450.0, 0, status=409))
    assert kept_rows() == []


@pytest.mark.parametrize("body", [b"{}", b'{"exchange_id":"***"}', b'{"exchange_id":1}', b"[]", b"null"])
def test_an_answer_of_another_shape_is_an_exchange_and_no_more(body: bytes, tmp_path: Path) -> None:
    kept = make_journal(tmp_path)
    (request, _) = said(quote(), 1.0, 0)
    kept.append(request.frame())
    kept.append(make_response(request, body=Body(body)).frame())
    ship(kept)
    assert [str(one.id) for one in page(Filter()).exchanges] == [request.id]
    assert kept_rows() == []


def test_of_a_quote_whose_numbers_are_masked_the_rest_is_known() -> None:
    request, _ = quoted = quote()
    masked = make_response(request, body=_json({**QUOTE, "low": "***"}))
    add((request, masked), said(quoted, 2450.0, 0))
    (one,) = known()
    assert (one.quoted_usd, one.low_usd, one.high_usd) == (2500.0, None, 2700.0)


def test_only_what_was_given_since_is_read() -> None:
    quotes = [quote() for _ in range(3)]
    add(*quotes, *(said(each, 1.0 + minute, minute) for minute, each in enumerate(quotes)))
    assert [one.price_usd for one in feedback_since(NOON + timedelta(minutes=1))] == [2.0, 3.0]


def test_feedback_outlives_a_quote_that_retention_drops() -> None:
    january = datetime(2026, 1, 15, tzinfo=UTC)
    create_partitions(january)
    quoted = quote(id=id_at(january), started_at=january.timestamp())
    add(said(quoted, 2450.0, 0))
    add(quoted)
    apply_retention(2)
    assert exchange(UUID(quoted[0].id)) is None
    assert [one.quoted_usd for one in known()] == [2500.0]


def test_forgetting_a_quote_removes_all_that_was_said_about_it() -> None:
    quoted, other = quote(), quote()
    given = [said(quoted, 1.0, 0), said(quoted, 2.0, 1)]
    late = said(quoted, 3.0, 2)
    add(quoted, other, *given, said(other, 4.0, 0))
    assert forget([UUID(quoted[0].id)]) == 1
    add(*given, late)
    assert [one.price_usd for one in known()] == [4.0]
    assert len(kept_rows()) == 1
    assert [exchange(UUID(one[0].id)) for one in (*given, late)] == [None, None, None]


def test_forgetting_feedback_leaves_the_quote() -> None:
    quoted = quote()
    given = said(quoted, 1.0, 0)
    add(quoted, given)
    assert forget([UUID(given[0].id)]) == 1
    assert kept_rows() == []
    assert exchange(UUID(quoted[0].id)) is not None


def test_feedback_about_an_id_that_nobody_has_holds_up_nothing() -> None:
    add(said(str(uuid_utils.uuid7()), 1.0, 0), quoted := quote(), said(quoted, 2.0, 0))
    assert [one.price_usd for one in known()] == [2.0]


def test_the_summary_says_how_far_quotes_were_off_what_was_paid() -> None:
    assert feedback_summary().sales == 0
    quoted = quote()
    add(quoted, said(quoted, 2000.0, 1))
    summary = feedback_summary()
    assert (summary.sales, summary.mae_usd, summary.mape, summary.bias) == (1, 500.0, 0.25, 0.25)
    assert (summary.within_interval, summary.waiting) == (0.0, 0)
    add(said(str(uuid_utils.uuid7()), 1.0, 2))
    assert (feedback_summary().sales, feedback_summary().waiting) == (1, 1)
