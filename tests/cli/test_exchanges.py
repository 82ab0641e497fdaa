"""``diamonds exchanges``, ``export``, ``forget`` and ``replay``, as somebody at a terminal uses them."""

import json
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from diamonds.cli.app import app
from diamonds.database import engine
from diamonds.diamond import Diamond
from diamonds.exchanges import Body, Filter, page
from diamonds.exchanges.database.upsert import upsert
from diamonds.pricing.pricer import load_pricer
from diamonds.versions.version import Version
from tests.exchanges.conversations import make_request, make_response

pytestmark = pytest.mark.usefixtures("empty_database")

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def fail(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2, result.output
    return result.output


def add(count: int, *, body: bytes = b'{"carat":1}', priced: bytes = b'{"price":1}') -> list[str]:
    requests = [make_request(number, body=Body(body)) for number in range(count)]
    with engine().begin() as connection:
        upsert(connection, [(one, make_response(one, body=Body(priced))) for one in requests])
    return [one.id for one in requests]


def test_exchanges_are_shown_the_newest_last() -> None:
    ids = add(3)
    lines = run("exchanges", "--limit", "2").splitlines()
    assert [line.split()[-1] for line in lines] == ids[1:]


def test_exchanges_are_shown_as_json_that_has_the_columns() -> None:
    (id_,) = add(1, priced=b"\xff")
    assert json.loads(run("exchanges", "--json", "--path", "/nowhere")) == []
    (row,) = json.loads(run("exchanges", "--json", "--path", "/predict", "--status", "200"))
    assert (row["id"], row["request_body"], row["response_bytes"]) == (id_, {"carat": 1}, "ff")


def test_an_export_holds_every_exchange_of_the_time_range(tmp_path: Path) -> None:
    ids = add(12_000)
    file = tmp_path / "exchanges.parquet"
    assert "12,000" in run("export", str(file), "--since", "2020-01-01")
    table = pq.read_table(file)
    assert set(table["id"].to_pylist()) == set(ids)
    assert json.loads(table["request_body"][0].as_py()) == {"carat": 1}
    assert "0 exchanges" in run("export", str(file), "--until", "2020-01-01")


def test_forgetting_takes_ids_from_a_file_and_from_the_command_line(tmp_path: Path) -> None:
    first, second, third = add(3)
    (tmp_path / "ids").write_text(f"{first}\n{second}\n")
    assert "Forgot 3 of 3" in run("forget", third, "--file", str(tmp_path / "ids"))
    assert page(Filter()).exchanges == []


def test_a_replay_shows_how_another_version_would_have_priced(linear: Version) -> None:
    (price_usd,) = load_pricer(linear).prices_usd([Diamond(**STONE)])
    add(3, body=json.dumps(STONE).encode(), priced=json.dumps({"price": price_usd / 2}).encode())
    add(2, body=b'{"carat":"much"}')
    result = json.loads(run("replay", "--model", linear.tag, "--json"))
    assert (result["quotes"], result["skipped"]) == (3, 2)
    assert result["mean_share"] == pytest.approx(1, rel=1e-3)
    assert "+100.00%" in run("replay", "--model", linear.tag)


def test_exchanges_are_shown_by_their_ids() -> None:
    first, _, third = add(3)
    lines = run("exchanges", "--id", first, "--id", third).splitlines()
    assert [line.split()[-1] for line in lines] == [first, third]
    assert "expected the id of a stored exchange" in fail("exchanges", "--id", str(uuid4()))
