"""Times the journal and Postgres with the exchanges of today and with 100 times as many; prints ratios.

    python -m benchmarks.scaling [--exchanges 10000] [--times 100]

Each side has a database of its own, filled by SQL, and a journal that grew while the database was away.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.command_line import parser_for
from benchmarks.reading import fill
from benchmarks.recording import exchange_made
from benchmarks.tables import print_header, print_row
from benchmarks.timing import timed, timed_each
from diamonds.database import engine, running
from diamonds.exchanges import Filter, exchange, page
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Joined, Request, Response
from diamonds.exchanges.journal.reader import JournalReader
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.shipping.shipper import ROWS, SIZE
from diamonds.settings import PROJECT

BATCHES, READS = 20, 30
BACKLOG_SHARE = 0.1
"""Share of the exchanges that wait in the journal."""
FILTERS = {
    "newest page, ms": Filter(),
    "page of a path, ms": Filter(path="/explain"),
    "page of a rare status, ms": Filter(status=504),
    "page of model and status, ms": Filter(model="linear", status=200),
    "text in bodies, ms": Filter(text="0.7"),
}


def measure(exchanges: int, home: Path) -> Iterator[tuple[str, float]]:
    """What was measured, by its name with its unit."""
    with redirect_stdout(sys.stderr):
        fill(exchanges)
    yield "on disk, bytes an exchange", _table_bytes() / exchanges
    yield f"insert of {ROWS}, ms", _median_ms(_insert, [_batch(ROWS) for _ in range(BATCHES)])
    yield "insert of 1, ms", _median_ms(_insert, [_batch(1) for _ in range(BATCHES)])
    ids = [each.id for each in page(Filter(), limit=READS).exchanges]
    yield "one by its id, ms", _median_ms(exchange, ids)
    for name, filters in FILTERS.items():
        yield name, _median_ms(page, [filters] * READS)
    yield from _journal(max(ROWS, int(BACKLOG_SHARE * exchanges)), home / "journal")


def _journal(backlog: int, folder: Path) -> Iterator[tuple[str, float]]:
    """The times of an exchange on its way through a journal in which so many wait."""
    journal = Journal(folder, max_bytes=1 << 40)
    exchanges = [exchange_made(number) for number in range(backlog)]

    def append_all() -> None:
        for request, answer in exchanges:
            journal.append(request.frame(), answer.frame())

    appended = timed(append_all)
    yield "append to the journal, us an exchange", appended / backlog * 1e6
    reader = JournalReader(journal.folder)
    opened = timed(lambda: reader.read(rows=1, size=SIZE, complete=False))
    yield "first read of the journal, ms", opened * 1e3
    shipped = timed(lambda: _ship(JournalReader(journal.folder)))
    yield "shipped after an outage, exchanges/s", backlog / shipped
    journal.close()


def _append(journal: Journal, exchanges: Sequence[tuple[Request, Response]]) -> None:
    for request, response in exchanges:
        journal.append(request.frame(), response.frame())


def _ship(reader: JournalReader) -> None:
    while batch := reader.read(rows=ROWS, size=SIZE, complete=True):
        _insert(batch)
        reader.remove_shipped()


def _batch(size: int) -> Sequence[Joined]:
    return [exchange_made(number) for number in range(size)]


def _insert(batch: Sequence[Joined]) -> None:
    with engine().begin() as connection:
        upsert(connection, batch)


def _table_bytes() -> int:
    query = "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('exchanges')"
    with engine().connect() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


def _median_ms(call: Callable[..., object], items: Sequence[object]) -> float:
    call(items[0])  # not what is done once
    return statistics.median(timed_each(call, items)) * 1e3


def measured(exchanges: int) -> dict[str, float]:
    """The measurements with so many exchanges, in a process and a home of their own."""
    with TemporaryDirectory(prefix="diamonds-scaling-") as home:
        command = [sys.executable, "-m", __spec__.name, "--only", str(exchanges)]
        environment = os.environ | {"DIAMONDS_HOME": home}
        done = subprocess.run(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--exchanges", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--only", type=int, help="Measures so many alone, and prints JSON.")
    arguments = parser.parse_args()
    if arguments.only:
        with running():
            print(json.dumps(dict(measure(arguments.only, Path(os.environ["DIAMONDS_HOME"])))))
        return
    sizes = arguments.exchanges, arguments.exchanges * arguments.times
    once, often = map(measured, sizes)
    print_header("", *(f"{size:,} exchanges" for size in sizes), "ratio")
    for name, value in once.items():
        print_row([name, f"{value:,.2f}", f"{often[name]:,.2f}", f"{often[name] / value:.2f}"])


if __name__ == "__main__":
    main()
