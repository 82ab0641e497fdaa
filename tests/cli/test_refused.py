import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from diamonds.cli.app import app
from diamonds.database import engine
from diamonds.exchanges import Body, Filter, exchange, page
from diamonds.exchanges.database import dead_letters as table
from diamonds.exchanges.database.dead_letters import Refusal
from diamonds.exchanges.frames import Joined, Request
from diamonds.exchanges.shipping.refused_file import RefusedFile
from diamonds.settings import settings
from tests.exchanges.conversations import dead_letters, make_request, make_response

pytestmark = pytest.mark.usefixtures("empty_database")


def run(*arguments: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, ["exchanges", "--refused", *arguments])
    assert result.exit_code == exit_code, result.output
    return result.output


def refuse(*exchanges: Joined) -> None:
    with engine().begin() as connection:
        for one in exchanges:
            table.add(connection, one, Refusal("not this one", "P0001"))


def refuse_two() -> list[Request]:
    requests = [
        make_request(1, body=Body(b'{"carat": 0.7}')),
        make_request(2, path="/similar", body=Body(b"\xff")),
    ]
    for request in requests:
        refuse((request, make_response(request)))
    return requests


def remaining() -> list[str]:
    return [str(letter.exchange_id) for letter in dead_letters()]


@pytest.fixture
def refused_file() -> Iterator[RefusedFile]:
    folder = settings().home / "journal"
    folder.mkdir(parents=True, exist_ok=True)
    file = RefusedFile(folder / "refused.frames")
    yield file
    file.path.unlink(missing_ok=True)


def test_dead_letters_are_listed_the_newest_last() -> None:
    first, second = refuse_two()
    lines = run().splitlines()
    assert [line.split()[-1] for line in lines] == [first.id, second.id]
    assert "P0001  POST /predict  not this one" in lines[0]
    assert run("--limit", "1").split()[-1] == second.id


def test_one_dead_letter_is_shown_whole() -> None:
    first, second = refuse_two()
    shown = json.loads(run("--id", first.id))
    assert (shown["exchange_id"], shown["reason"], shown["sqlstate"]) == (first.id, "not this one", "P0001")
    (whole,) = shown["exchanges"]
    assert (whole["method"], whole["path"], whole["status"]) == ("POST", "/predict", 200)
    assert (whole["request"], whole["response"]) == ('{"carat": 0.7}', '{"price":1}')
    (as_json,) = json.loads(run("--id", second.id, "--json"))
    assert as_json["exchanges"][0]["request"] == "base64: /w=="


def test_after_a_mend_dead_letters_are_retried() -> None:
    first, second = refuse_two()
    assert json.loads(run("--retry", "--id", second.id, "--json")) == {"stored": 1, "still_refused": []}
    assert remaining() == [first.id]
    assert "Stored 1 of 1" in run("--retry")
    assert remaining() == []
    assert {str(one.id) for one in page(Filter()).exchanges} == {first.id, second.id}


def test_a_retry_says_what_is_still_refused() -> None:
    wrong = make_request(1, query="\0")
    refuse((wrong, make_response(wrong)))
    output = run("--retry", exit_code=1)
    assert f"{wrong.id} is still refused: " in output
    assert "Stored 0 of 1" in output
    assert remaining() == [wrong.id]


def test_dead_letters_are_removed_by_their_ids() -> None:
    first, second = refuse_two()
    assert "expected the ids" in run("--remove", exit_code=2)
    assert "Removed 1 of 1" in run("--remove", "--id", first.id)
    assert remaining() == [second.id]
    assert "expected the id of a dead letter" in run("--id", str(uuid4()), exit_code=2)


@pytest.mark.parametrize("beside", ["--follow", "--path=/predict", "--text=x", "--status=200"])
def test_filters_are_not_for_dead_letters(beside: str) -> None:
    assert "with a filter or --follow" in run(beside, exit_code=2)


def test_retry_and_remove_are_for_dead_letters() -> None:
    result = CliRunner().invoke(app, ["exchanges", "--retry"])
    assert result.exit_code == 2
    assert "together with --refused" in result.output


def test_what_only_the_file_took_is_listed_too_and_moved_to_the_table(refused_file: RefusedFile) -> None:
    request = make_request(1)
    refused_file.append((request, make_response(request)), Refusal("no room", "53100", retries=True))
    assert f"53100  POST /predict  no room  retried automatically  {request.id}" in run()
    assert remaining() == [request.id]
    assert refused_file.path.read_bytes() == b""


def test_forgetting_reaches_dead_letters_and_feedback_among_them(refused_file: RefusedFile) -> None:
    quote, other, in_file = make_request(1), make_request(2), make_request(3)
    about = make_request(
        4, path="/feedback", body=Body(b'{"exchange_id":"%s","price":1}' % quote.id.encode())
    )
    refuse(*((one, make_response(one)) for one in (quote, other, about)))
    refused_file.append((in_file, None), Refusal("no room"))
    result = CliRunner().invoke(app, ["forget", quote.id, in_file.id])
    assert result.exit_code == 0, result.output
    assert remaining() == [other.id]
    refuse((quote, make_response(quote)))
    assert remaining() == [other.id]
    assert exchange(UUID(quote.id)) is None
