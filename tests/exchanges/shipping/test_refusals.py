"""What the database refuses: one exchange, some, or all, for every reason that it may give."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from diamonds.database import engine
from diamonds.exchanges import Filter, exchange, page
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.shipping.shipper import Shipper
from tests.exchanges.conversations import (
    append_exchanges,
    dead_letters,
    make_journal,
    make_request,
    make_response,
)
from tests.exchanges.shipping.test_shipper import ship
from tests.processes import wait_until

pytestmark = pytest.mark.usefixtures("empty_database")

# One of each class, and some of which more depends.
PASSING = {"08006", "25006", "25P02", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01", "58030"}
LASTING = {
    *(
        "0A000",
        "0B000",
        "0F000",
        "0L000",
        "0P000",
        "0Z000",
        "20000",
        "21000",
        "22000",
        "22P02",
        "23502",
        "23514",
    ),
    *(
        "24000",
        "26000",
        "27000",
        "28000",
        "28P01",
        "2B000",
        "2D000",
        "2F000",
        "34000",
        "38000",
        "39000",
        "3B000",
    ),
    *(
        "3D000",
        "3F000",
        "42501",
        "42703",
        "42P01",
        "44000",
        "54000",
        "72000",
        "F0000",
        "HV000",
        "P0001",
        "XX000",
    ),
}
REFUSED = "/refused/"

RAISE = "RAISE 'not this one' USING ERRCODE = substr(NEW.path, 10)"
ONLY_REFUSED = f"WHEN (NEW.path LIKE '{REFUSED}%%')"

Refuse = Callable[[str, str], None]


@pytest.fixture
def refuse() -> Iterator[Refuse]:
    """Runs a statement for each exchange that is inserted, on a condition."""

    def create(statement: str, when: str) -> None:
        with engine().begin() as connection:
            connection.exec_driver_sql(f"""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN {statement}; RETURN NEW; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON exchanges
                FOR EACH ROW {when} EXECUTE FUNCTION refuse()""")

    yield create
    mend()


def mend() -> None:
    with engine().begin() as connection:
        # The table first, as who inserts locks it: otherwise both may wait for one another.
        connection.exec_driver_sql("LOCK TABLE exchanges IN ACCESS EXCLUSIVE MODE")
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse CASCADE")


def add(kept: Journal, path: str, number: int = 10**6) -> str:
    """Appends an answered request, and gives its id."""
    request = make_request(number, path=path)
    kept.append(request.frame() + make_response(request).frame())
    return request.id


def arrived() -> set[str]:
    return {str(one.id) for one in page(Filter(), limit=1000).exchanges}


def refused() -> dict[str, str | None]:
    """The SQLSTATE of each dead letter, by its exchange's id."""
    return {str(letter.exchange_id): letter.sqlstate for letter in dead_letters()}


@pytest.mark.parametrize("state", sorted(PASSING | LASTING))
@pytest.mark.parametrize("others", [1, 200])
def test_one_exchange_that_is_refused_is_a_dead_letter_and_the_others_arrive(
    tmp_path: Path, refuse: Refuse, others: int, state: str
) -> None:
    refuse(RAISE, ONLY_REFUSED)
    kept = make_journal(tmp_path)
    fine = append_exchanges(kept, others)
    id_ = add(kept, REFUSED + state)
    fine += append_exchanges(kept, others)
    problems: list[str | None] = []
    ship(kept, problems.append)
    assert arrived() == {one.id for one in fine}
    assert refused() == {id_: state}
    assert list(tmp_path.iterdir()) == []
    assert problems == []
    (letter,) = dead_letters()
    assert (letter.reason, letter.retry_at is not None) == ("not this one", state in PASSING)


def test_some_that_are_refused_for_different_reasons_hold_up_no_others(
    tmp_path: Path, refuse: Refuse
) -> None:
    refuse(RAISE, ONLY_REFUSED)
    kept = make_journal(tmp_path)
    fine, wrong = set(), {}
    for number, state in enumerate(sorted(PASSING | LASTING)):
        wrong[add(kept, REFUSED + state, 10**6 + number)] = state
        fine |= {one.id for one in append_exchanges(kept, 5)}
    ship(kept)
    assert arrived() == fine
    assert refused() == wrong


def wording(state: str, reason: str) -> str:
    """What is reported when all are refused with this SQLSTATE."""
    if state[:2] == "08" or state[:3] == "57P":
        return "the database is away"
    if state == "25006":
        return f"the database is read-only: {reason} ({state})"
    return f"the database {'is busy' if state in PASSING else 'refuses every exchange'}: {reason} ({state})"


@pytest.mark.parametrize("state", sorted(PASSING | LASTING))
def test_exchanges_wait_while_all_are_refused(tmp_path: Path, refuse: Refuse, state: str) -> None:
    refuse(f"RAISE 'not now' USING ERRCODE = '{state}'", "")
    kept = make_journal(tmp_path)
    ids = {one.id for one in append_exchanges(kept, 3)}
    problems: list[str | None] = []
    shipper = Shipper(kept.folder, problems.append)
    shipper.start()
    wait_until(lambda: len(problems) == 1)
    mend()
    wait_until(lambda: arrived() == ids)
    shipper.stop(20)
    kept.close()
    assert problems == [wording(state, "not now"), None]
    assert refused() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_dead_letter_whose_reason_may_pass_is_retried_automatically(tmp_path: Path, refuse: Refuse) -> None:
    refuse(RAISE, ONLY_REFUSED)
    kept = make_journal(tmp_path)
    passing, lasting = add(kept, REFUSED + "40P01"), add(kept, REFUSED + "23514", 10**6 + 1)
    shipper = Shipper(kept.folder)
    shipper.start()
    wait_until(lambda: refused().keys() == {passing, lasting})
    mend()
    wait_until(lambda: refused().keys() == {lasting})
    shipper.stop(20)
    kept.close()
    assert arrived() == {passing}


def test_json_that_is_refused_for_a_moment_only_is_not_stored_as_bytes(
    tmp_path: Path, refuse: Refuse, moment: None
) -> None:
    refuse(f"IF nextval('attempt') = 1 THEN {RAISE}; END IF", ONLY_REFUSED)
    kept = make_journal(tmp_path)
    id_ = add(kept, REFUSED + "22000")
    ship(kept)
    stored = exchange(UUID(id_))
    assert stored is not None
    assert (stored.request_body, stored.request_bytes) == ({"number": 10**6}, None)


def test_json_is_stored_as_bytes_only_where_it_is_what_the_database_refuses(
    tmp_path: Path, refuse: Refuse, moment: None
) -> None:
    wait = "IF nextval('attempt') = 2 THEN PERFORM pg_sleep(1); END IF"
    refuse(f"{wait}; IF EXISTS (SELECT FROM moment) THEN {RAISE}; END IF", ONLY_REFUSED)
    kept = make_journal(tmp_path)
    id_ = add(kept, REFUSED + "22000")
    shipper = Shipper(kept.folder)
    shipper.start()
    wait_until(lambda: scalar("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 1)
    with engine().begin() as connection:
        connection.exec_driver_sql("DELETE FROM moment")
    shipper.stop(20)
    kept.close()
    assert (arrived(), refused()) == (set(), {id_: "22000"})


@pytest.fixture
def moment(empty_database: None) -> Iterator[None]:
    """A table with a row, and a sequence, by which a trigger knows whether and how often it refuses."""
    with engine().begin() as connection:
        connection.exec_driver_sql("CREATE TABLE moment AS SELECT 1; CREATE SEQUENCE attempt")
    yield
    with engine().begin() as connection:
        connection.exec_driver_sql("DROP TABLE moment; DROP SEQUENCE attempt")


def scalar(query: str) -> object:
    with engine().connect() as connection:
        return connection.exec_driver_sql(query).scalar()


@pytest.fixture
def impatient() -> Iterator[None]:
    """Statements of new connections are cancelled after a moment."""
    set_timeout("SET statement_timeout = '500ms'")
    yield
    set_timeout("RESET statement_timeout")


def set_timeout(change: str) -> None:
    with engine().begin() as connection:
        connection.exec_driver_sql(f"ALTER ROLE CURRENT_USER {change}")
    engine().dispose()


@pytest.mark.usefixtures("impatient")
def test_one_that_always_takes_too_long_holds_up_no_others(tmp_path: Path, refuse: Refuse) -> None:
    refuse("PERFORM pg_sleep(100)", ONLY_REFUSED)
    kept = make_journal(tmp_path)
    fine = append_exchanges(kept, 10)
    id_ = add(kept, REFUSED)
    ship(kept)
    assert (arrived(), refused()) == ({one.id for one in fine}, {id_: "57014"})


@pytest.mark.parametrize(
    "statement",
    [
        "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(100)",
        "EXECUTE 'COPY (SELECT 1) TO PROGRAM ''kill -9 $PPID'''",  # the whole server recovers
    ],
)
def test_one_that_ends_the_process_of_the_server_holds_up_no_others(
    tmp_path: Path, refuse: Refuse, statement: str
) -> None:
    refuse(statement, ONLY_REFUSED)
    kept = make_journal(tmp_path)
    fine = append_exchanges(kept, 10)
    id_ = add(kept, REFUSED)
    shipper = Shipper(kept.folder)
    shipper.start()
    wait_until(lambda: found() == ({one.id for one in fine}, {id_}))
    mend()
    wait_until(lambda: found() == ({*(one.id for one in fine), id_}, set()))
    shipper.stop(20)
    kept.close()


def found() -> tuple[set[str], set[str]]:
    """What arrived and what was refused, or nothing of either while the server recovers."""
    try:
        return arrived(), set(refused())
    except DBAPIError:
        return set(), set()


@pytest.fixture
def no_table(empty_database: None) -> Iterator[None]:
    """There is no table of dead letters until the test is over, or renames it back."""
    rename_table("dead_letters", "elsewhere")
    yield
    rename_table("elsewhere", "dead_letters")


def rename_table(old: str, new: str) -> None:
    with engine().begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE IF EXISTS {old} RENAME TO {new}")


@pytest.mark.usefixtures("no_table")
def test_what_not_even_the_table_of_dead_letters_takes_waits_in_a_file(
    tmp_path: Path, refuse: Refuse
) -> None:
    refuse(RAISE, ONLY_REFUSED)
    kept = make_journal(tmp_path)
    id_ = add(kept, REFUSED + "23514")
    fine = append_exchanges(kept, 5)
    ship(kept)
    assert arrived() == {one.id for one in fine}
    assert id_.encode() in (tmp_path / "refused.frames").read_bytes()
    rename_table("elsewhere", "dead_letters")
    ship_nothing(tmp_path, until=lambda: refused() == {id_: "23514"})
    assert (tmp_path / "refused.frames").read_bytes() == b""
    assert dead_letters()[0].reason == "not this one"


def ship_nothing(folder: Path, until: Callable[[], bool]) -> None:
    kept = make_journal(folder)
    kept.lock()
    shipper = Shipper(kept.folder)
    shipper.start()
    wait_until(until)
    shipper.stop(20)
    kept.close()


def test_a_file_without_reasons_is_read_around_its_damage_and_moved_once(tmp_path: Path) -> None:
    first, second, cut_off = make_request(1), make_request(2), make_request(3)
    frames = [first.frame(), make_response(first).frame(), b"damaged", second.frame(), cut_off.frame()[:-1]]
    for _ in range(2):  # as if the first time was cut off before the file was emptied
        (tmp_path / "refused.frames").write_bytes(b"".join(frames))
        ship_nothing(tmp_path, until=lambda: (tmp_path / "refused.frames").read_bytes() == b"")
    letters = {str(letter.exchange_id): letter for letter in dead_letters()}
    assert letters.keys() == {first.id, second.id}
    assert letters[first.id].exchanges() == [(first, make_response(first))]
    assert letters[second.id].reason == "unknown"
