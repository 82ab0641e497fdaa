"""Measures the cost of recording: `/predict` with and without it by turns, the journal, and shipping.

    python -m benchmarks.recording [--rounds 5] [--seconds 5] [--connections 16]

One worker, the champion of the model store, and the database of the settings. Needs `wrk`. With
DIAMONDS_JOURNAL_SYNC=true all of it is safe from a power cut.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import uuid_utils

from benchmarks.command_line import parser_for
from benchmarks.sqlite_journal import SqliteJournal, SqliteReader
from benchmarks.steps import WHOLE, serving
from benchmarks.wrk import Load, measure, median, wrk_script
from diamonds.database import migrate, running
from diamonds.exchanges import Body, Journal, Request, Response, Shipper, create_partitions
from diamonds.exchanges.journal.reader import JournalReader
from diamonds.exchanges.metrics import PREFIX
from diamonds.exchanges.shipping.shipper import ROWS, SIZE

SHIPPED = 50_000
TURN = 16  # exchanges that one turn of the event loop records at once
_OTHERS = {
    "sqlite": "the journal in SQLite",
    "recording_off": "recording off: ids, limits and timeout as ever, nothing recorded",
    "unrecorded": "no recorder at all: no ids, no limits, no timeout either",
}
_STONE = b'{"carat":0.7,"cut":"Ideal","color":"G","clarity":"VS2","depth":61.5,"table":56,"x":5.7,"y":5.72}'
_QUOTE = b'{"price":2345.0,"low":2000.0,"high":2600.0,"coverage":0.9,"currency":"USD","model":"xgboost"}'


def compare(folder: Path, rounds: int, seconds: int, connections: int) -> None:
    """All services are up throughout, so that each turn is measured under the same conditions."""
    script = wrk_script(folder)
    with ExitStack() as stack:
        targets = [WHOLE, *(f"benchmarks.variants:{name}" for name in _OTHERS)]
        urls = [stack.enter_context(serving(target, folder)) for target in targets]
        turns = [_turn(urls, script, connections, seconds) for _ in range(rounds + 1)][1:]  # one to warm up
    print(f"{connections} connections, {rounds} turns of {seconds} s each, medians")
    on, *others = (median(list(loads)) for loads in zip(*turns, strict=True))
    _print_load("recording on", on)
    for position, (label, other) in enumerate(zip(_OTHERS.values(), others, strict=True), start=1):
        _print_load(label, other)
        share = statistics.median(turn[0].rate / turn[position].rate for turn in turns)
        longer_ms = (on.p99 - other.p99) * 1e3
        print(f"  recording as ever: {share:.1%} of that rate; p99 longer by {longer_ms:.1f} ms")


def _turn(urls: Sequence[str], script: Path, connections: int, seconds: int) -> list[Load]:
    loads = []
    for url in urls:
        loads.append(measure(f"{url}/predict", script, connections, seconds))
        _wait_until_shipped(url)
    return loads


def _wait_until_shipped(url: str) -> None:
    """What is shipped during the next turn would take the processor from another service."""
    time.sleep(2)  # until the metrics know of it
    while _unshipped_bytes(url) > 0:
        time.sleep(0.5)


def _unshipped_bytes(url: str) -> float:
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f"{PREFIX}_journal_bytes"))


def _print_load(name: str, load: Load) -> None:
    print(f"{load.rate:6.0f} requests/s, p50 {load.p50 * 1e3:5.1f} ms, p99 {load.p99 * 1e3:5.1f} ms: {name}")


def compare_journals(folder: Path) -> None:
    """Measures processor time alone, of one process, since other processes use the disk, too."""
    for name, journal, reader in (
        ("files", Journal(folder, max_bytes=1 << 40), JournalReader),
        ("SQLite", SqliteJournal(folder, max_bytes=1 << 40), SqliteReader),
    ):
        appending = _cpu_us(partial(_append, journal, 1))
        by_turn = _cpu_us(partial(_append, journal, TURN))
        reading = _cpu_us(partial(_read_and_remove, reader, journal.folder))
        print(
            f"journal in {name}: {appending:.1f} us to append an exchange in two writes, {by_turn:.1f} us as "
            f"one of {TURN}; {reading / 2:.1f} us to read and remove it"
        )
        journal.close()


def _cpu_us(call: Callable[[], object]) -> float:
    """Processor time, in microseconds, of a call that handles SHIPPED exchanges, by exchange."""
    started = time.process_time()
    call()
    return (time.process_time() - started) / SHIPPED * 1e6


def _read_and_remove(reader_of: type[JournalReader], folder: Path) -> None:
    reader = reader_of(folder)
    while reader.read(rows=ROWS, size=SIZE, complete=True):
        reader.remove_shipped()


def ship(folder: Path) -> None:
    """Measures one worker's shipper on a journal that grew during an outage."""
    migrate()
    create_partitions()
    journal = Journal(folder / "journal", max_bytes=1 << 40)
    _append(journal, TURN)
    shipper = Shipper(journal.folder)
    started, cpu_started = time.perf_counter(), time.process_time()
    shipper.start()
    shipper.stop(600)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    print(
        f"shipped {SHIPPED / seconds:,.0f} exchanges/s; {cpu_seconds / SHIPPED * 1e6:.0f} us of Python each"
    )


def _append(journal: Journal | SqliteJournal, at_once: int) -> None:
    """Appends SHIPPED exchanges: the requests of so many in one write, then their responses in another."""
    for first in range(0, SHIPPED, at_once):
        exchanges = [exchange_made(number) for number in range(first, first + at_once)]
        journal.append(*[request.frame() for request, _ in exchanges])
        journal.append(*[response.frame() for _, response in exchanges])


def exchange_made(number: int) -> tuple[Request, Response]:
    """An exchange of now with an id of its own, the ``number``-th of its journal."""
    id_, headers = str(uuid_utils.uuid7()), {"content-type": "application/json"}
    request = Request(number, id_, time.time(), "POST", "/predict", "", headers, False, Body(_STONE))
    return request, Response(number, id_, 1.0, 200, "xgboost", "diamonds-xgboost:benchmark", Body(_QUOTE))


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running():
        compare(Path(name), options.rounds, options.seconds, options.connections)
        compare_journals(Path(name))
        ship(Path(name))


if __name__ == "__main__":
    main()
