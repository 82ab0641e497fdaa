"""Sales that come as lists and files: each row is stored once, or refused with its reason."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import polars as pl
import pytest
from typer.testing import CliRunner

from diamonds.cli.app import app
from diamonds.dataset import ColumnError
from diamonds.dataset.sales_file import read_sales
from diamonds.exchanges import feedback_since
from diamonds.exchanges.database.erasure import forget
from diamonds.monitoring.sales import take_sales
from tests.exchanges.database.test_feedback import NOON, add, quote
from tests.stones_files import excel, parquet

pytestmark = pytest.mark.usefixtures("empty_database")


def stored_quotes(count: int) -> list[str]:
    quoted = [quote() for _ in range(count)]
    add(*quoted)
    return [request.id for request, _ in quoted]


def take(content: bytes | str) -> list[tuple[str, str | None]]:
    data = content.encode() if isinstance(content, str) else content
    taken = take_sales(read_sales("sales.csv", data), uuid4())
    return [(str(each.outcome.result), each.outcome.reason) for each in taken]


def prices() -> list[float]:
    return sorted(one.price_usd for one in feedback_since(NOON.replace(year=2000)))


def test_every_format_of_a_file_is_read() -> None:
    one, two = stored_quotes(2)
    sales = pl.DataFrame(
        {
            "X-Exchange-Id": [one, two],
            "Sale price (USD)": ["$2,650.00", "1,200"],
            "sold on": ["2026-01-31"] * 2,
        }
    )
    for write in (excel, parquet, lambda rows: rows.write_csv(separator=";").encode()):
        results = [result for result, _ in take(write(sales))]
        assert results in (["stored"] * 2, ["unchanged"] * 2)
    assert prices() == [1200, 2650]
    (sold_at,) = {one.sold_at for one in feedback_since(NOON)}
    assert sold_at == datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_the_same_file_again_stores_nothing_and_another_price_replaces() -> None:
    one, two = stored_quotes(2)
    assert take(f"exchange_id,price\n{one},100\n{two},200\n") == [("stored", None)] * 2
    assert take(f"exchange_id,price\n{one},100\n{two},250\n") == [("unchanged", None), ("stored", None)]
    assert prices() == [100, 250]


def test_rows_that_are_wrong_are_refused_with_their_reason_and_hold_up_no_other() -> None:
    one, two = stored_quotes(2)
    other = quote(path="/similar")
    add(other)
    rows = [
        f"{one},1",
        f"{one},2",
        "7,2",
        f"{uuid4()},2",
        f"{other[0].id},2",
        f"{two},POA",
        f"{two},-5",
        f"{two},€ 5",
        ",5",
        f"{two},5",
    ]
    results = take("exchange_id,price\n" + "\n".join(rows))
    assert [result for result, _ in results] == ["refused", "stored", *["refused"] * 7, "stored"]
    says = [
        "A later row is about",
        "",
        "Got exchange_id='7'; expected the X-Exchange-Id",
        "There is no exchange",
        "was POST /similar, answered with status 200; expected a quote",
        "Got price='POA'; expected an amount",
        "Got price=-5.0; expected an amount between",
        "Got a price in EUR; expected one in USD",
        "`exchange_id` is missing",
        "",
    ]
    for (_, reason), expected in zip(results, says, strict=True):
        assert expected in (reason or "")
    assert prices() == [2, 5]


def test_a_file_without_the_columns_is_refused_by_their_names() -> None:
    with pytest.raises(ColumnError, match="no column with the ids of the quotes"):
        take("carat,price\n0.7,100\n")
    with pytest.raises(ColumnError, match="no column with the sale prices"):
        take("exchange_id,color\nx,G\n")


def test_forgetting_a_quote_erases_its_sale_and_the_list_but_not_the_sales_of_others() -> None:
    one, two = stored_quotes(2)
    take(f"exchange_id,price\n{one},100\n{two},200\n")
    assert forget([UUID(one)]) == 1
    assert prices() == [200]
    assert [result for result, _ in take(f"exchange_id,price\n{one},100\n")] == ["refused"]


def test_the_command_says_what_became_of_a_file(tmp_path: Path) -> None:
    (one,) = stored_quotes(1)
    file = tmp_path / "sales.csv"
    file.write_text(f"exchange_id,price\n{one},100\n{uuid4()},200\n")
    result = CliRunner().invoke(app, ["feedback", str(file)])
    assert result.exit_code == 2
    assert "1 stored, 0 were stored before, 0 wait for their quotes, 1 refused." in result.output
    assert "row 2: There is no exchange" in result.output
