"""Measures the cost of recording: `/predict` with it and without, by turns, and the speed of shipping.

    python -m benchmarks.recording [--rounds 5] [--seconds 5] [--connections 16]

One worker, the champion of the model store, and the database of the settings. Needs `wrk`.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import uuid_utils

from benchmarks.command_line import parser_for
from benchmarks.serving import Load, measure, median, wrk_script
from benchmarks.steps import WHOLE, serving
from diamonds.database import migrate, running
from diamonds.exchanges import Body, Journal, Request, Response, Shipper, create_partitions

SHIPPED = 50_000
_OFF = {
    "recording_off": "recording off: ids, limits and timeout as ever, nothing recorded",
    "unrecorded": "no recorder at all: no ids, no limits, no timeout either",
}
_STONE = b'{"carat":0.7,"cut":"Ideal","color":"G","clarity":"VS2","depth":61.5,"table":56,"x":5.7,"y":5.72}'
_QUOTE = b'{"price":2345.0,"low":2000.0,"high":2600.0,"coverage":0.9,"currency":"USD","model":"xgboost"}'


def compare(folder: Path, rounds: int, seconds: int, connections: int) -> None:
    """All services are up throughout, so that each turn is measured under the same conditions."""
    script = wrk_script(folder)
    with ExitStack() as stack:
        targets = [WHOLE, *(f"benchmarks.variants:{name}" for name in _OFF)]
        urls = [stack.enter_context(serving(target, folder)) for target in targets]
        turns = [_turn(urls, script, connections, seconds) for _ in range(rounds + 1)][1:]  # one to warm up
    print(f"{connections} connections, {rounds} turns of {seconds} s each, medians")
    on, *offs = (median(list(loads)) for loads in zip(*turns, strict=True))
    _print_load("recording on", on)
    for position, (label, off) in enumerate(zip(_OFF.values(), offs, strict=True), start=1):
        _print_load(label, off)
        share = statistics.median(turn[0].rate / turn[position].rate for turn in turns)
        print(f"  with recording {share:.1%} of that rate; p99 longer by {(on.p99 - off.p99) * 1e3:.1f} ms")


def _turn(urls: Sequence[str], script: Path, connections: int, seconds: int) -> list[Load]:
    loads = []
    for url in urls:
        loads.append(measure(f"{url}/predict", script, connections, seconds))
        time.sleep(1)  # for what was recorded to be shipped
    return loads


def _print_load(name: str, load: Load) -> None:
    print(f"{load.rate:6.0f} requests/s, p50 {load.p50 * 1e3:5.1f} ms, p99 {load.p99 * 1e3:5.1f} ms: {name}")


def ship(folder: Path) -> None:
    """Measures one worker's shipper on a journal that grew during an outage."""
    migrate()
    create_partitions()
    journal = Journal(folder / "journal", max_bytes=1 << 40)
    for number in range(SHIPPED):
        _append(journal, number)
    shipper = Shipper(journal.folder)
    started, cpu_started = time.perf_counter(), time.process_time()
    shipper.start()
    shipper.stop(600)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    print(
        f"shipped {SHIPPED / seconds:,.0f} exchanges/s; {cpu_seconds / SHIPPED * 1e6:.0f} us of Python each"
    )


def _append(journal: Journal, number: int) -> None:
    id_ = str(uuid_utils.uuid7())
    body, version = Body(_STONE), "diamonds-xgboost:benchmark"
    headers = {"content-type": "application/json"}
    journal.append(Request(number, id_, time.time(), "POST", "/predict", "", headers, False, body).frame())
    journal.append(Response(number, id_, 1.0, 200, "xgboost", version, Body(_QUOTE)).frame())


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running():
        compare(Path(name), options.rounds, options.seconds, options.connections)
        ship(Path(name))


if __name__ == "__main__":
    main()
