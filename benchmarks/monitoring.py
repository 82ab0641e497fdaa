"""Times a report of the monitoring on millions of recorded exchanges and sales, while others are written.

    DIAMONDS_HOME=/tmp/empty python -m benchmarks.monitoring [--millions 10] [--sold 0.1]

Fills the database of the settings, which must not have any exchanges yet, with a month in which a champion
quoted stones of its market; there must be a champion in the model store. A report is one of
``diamonds monitor``, in a process of its own; CPU and memory are its and those of Postgres, where shared
memory counts once.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psutil

from benchmarks.command_line import parser_for
from benchmarks.memory import memory_mb
from benchmarks.timing import print_durations, timed
from diamonds.database import engine, migrate, running
from diamonds.database.postmaster import running_postmaster
from diamonds.exchanges import create_partitions
from diamonds.models.features import matrix_of
from diamonds.monitoring.market import Market, stone_of
from diamonds.monitoring.simulation import write_day
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.reference import reference_stones

DAYS = 30
_STONES = 5_000
_AT_ONCE = 250_000
_NOW = datetime.now(UTC)

_FILL = """
WITH made AS (
    INSERT INTO exchanges (id, started_at, duration_ms, method, path, query, status, request_headers,
        request_body, response_body, model, model_version)
    SELECT
        encode(int8send((extract(epoch FROM began) * 1000)::bigint << 16 | 28672 + n %% 4096) ||
            int8send(-9223372036854775808 + (random() * 4611686018427387904)::bigint), 'hex')::uuid,
        began, 1 + random() * 5, 'POST', '/predict', '', CASE WHEN refused THEN 400 ELSE 200 END,
        '{"content-type": "application/json", "user-agent": "benchmark/1"}', stone,
        CASE WHEN refused THEN '{"error": {"code": "invalid_input"}}' ELSE quote END,
        CASE WHEN NOT refused THEN quote ->> 'model' END, CASE WHEN NOT refused THEN quote ->> 'version' END
    FROM (
        SELECT n, %(since)s::timestamptz + n * (%(days)s * interval '1 day' / %(rows)s) AS began,
            random() < 0.02 AS refused, 1 + (random() * (%(stones)s - 1))::integer AS place
        FROM generate_series(%(first)s, %(last)s) AS n
    ) AS drawn JOIN benchmark_stones USING (place)
    RETURNING id, started_at, status, request_body, response_body, model, model_version
)
INSERT INTO feedback (exchange_id, price_usd, given_at, given_by, quoted_at, quoted_usd, low_usd, high_usd,
    coverage, model, model_version, stone, sold_at)
SELECT id,
    (response_body ->> 'price')::float8
        * exp(0.16 * (random() + random() + random() + random() - 2)),
    started_at, id, started_at, (response_body ->> 'price')::float8, (response_body ->> 'low')::float8,
    (response_body ->> 'high')::float8, (response_body ->> 'coverage')::float8, model, model_version,
    request_body, started_at
FROM made WHERE status = 200 AND random() < %(sold)s
"""

_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('exchanges', 'feedback') AND starts_with(indexname, 'ix_')
"""


def fill(pricer: Pricer, rows: int, sold: float) -> None:
    """A month of quotes and refused calls, evenly over its time, and the sales of some."""
    migrate()
    since = _NOW - timedelta(days=DAYS)
    for ago in range(0, DAYS + 31, 28):
        create_partitions(_NOW - timedelta(days=ago))
    began = time.perf_counter()
    values = {"since": since, "days": DAYS, "rows": rows, "stones": _STONES, "sold": sold}
    with engine().begin() as connection:
        _write_stones(connection, pricer)
    with _without_indexes():
        for first in range(0, rows, _AT_ONCE):
            with engine().begin() as connection:
                connection.exec_driver_sql(
                    _FILL, {**values, "first": first, "last": min(rows, first + _AT_ONCE) - 1}
                )
            print(f"{first:,} exchanges", file=sys.stderr, flush=True)
    took = time.perf_counter() - began
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("DROP TABLE benchmark_stones")
        connection.exec_driver_sql("VACUUM ANALYZE exchanges")
        connection.exec_driver_sql("VACUUM ANALYZE feedback")
        sales = connection.exec_driver_sql("SELECT count(*) FROM feedback").scalar_one()
        size = connection.exec_driver_sql("SELECT pg_size_pretty(pg_database_size(current_database()))")
        print(f"{rows:,} exchanges and {sales:,} sales in {took:,.0f} s, {size.scalar_one()}", flush=True)


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drops the indexes within the context, and builds them again: that takes half as long."""
    with engine().begin() as connection:
        indexes = connection.exec_driver_sql(_INDEXES).all()
        for name, _ in indexes:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    with engine().begin() as connection:
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
        for _, definition in indexes:
            connection.exec_driver_sql(definition.replace(" ON ONLY ", " ON "))


def _write_stones(connection: Any, pricer: Pricer) -> None:
    if connection.exec_driver_sql("SELECT EXISTS (SELECT FROM exchanges)").scalar_one():
        raise SystemExit("There are exchanges in this database; name an empty one by DIAMONDS_HOME.")
    connection.exec_driver_sql(
        "CREATE TABLE benchmark_stones (place integer PRIMARY KEY, stone jsonb, quote jsonb)"
    )
    rows = [
        {"place": place, "stone": orjson.dumps(stone).decode(), "quote": orjson.dumps(quote).decode()}
        for place, (stone, quote) in enumerate(_quoted(pricer), 1)
    ]
    connection.exec_driver_sql(
        "INSERT INTO benchmark_stones VALUES (%(place)s, %(stone)s::jsonb, %(quote)s::jsonb)", rows
    )


def _quoted(pricer: Pricer) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    stones = reference_stones(pricer.version).sample(_STONES, replace=True, random_state=0)
    quotes = pricer.quotes(matrix_of(stones))
    source = {"coverage": pricer.coverage, "currency": pricer.currency, "model": pricer.version.model}
    for place, row in enumerate(stones.to_dict("records")):
        bounds = {"price": quotes.price[place], "low": quotes.low[place], "high": quotes.high[place]}
        yield stone_of(row), {**bounds, **source, "version": pricer.tag}


@contextmanager
def _written(pricer: Pricer, label: str) -> Iterator[None]:
    """Writes 100 exchanges again and again meanwhile, and prints how long that took."""
    ended, seconds = threading.Event(), []
    market = Market(reference_stones(pricer.version), _NOW, calls_a_day=100)
    (day,) = market.days(1)

    def write() -> None:
        while not ended.wait(0.05):
            seconds.append(timed(lambda: write_day(market, day, pricer)))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        print_durations(label, seconds)


@dataclass(slots=True)
class Usage:
    """What the processes that this one started and the embedded Postgres use: CPU seconds, memory in MB."""

    cpu_s: float = 0.0
    peak_mb: float = 0.0
    _before: dict[psutil.Process, float] = field(default_factory=dict)
    _is_first: bool = True

    def look(self) -> None:
        """Looks at all processes once; what one uses after the last look is not counted."""
        together_mb = 0.0
        for process in _processes():
            try:
                times, taken_mb = process.cpu_times(), memory_mb(process)
            except psutil.NoSuchProcess:
                continue
            used = times.user + times.system
            self.cpu_s += used - self._before.get(process, used if self._is_first else 0.0)
            self._before[process] = used
            together_mb += taken_mb
        self.peak_mb, self._is_first = max(self.peak_mb, together_mb), False


def _processes() -> list[psutil.Process]:
    server = running_postmaster(settings().home.resolve() / "postgres")
    ours = psutil.Process().children(recursive=True)
    return [*ours, *([server.process, *server.process.children()] if server else [])]


@contextmanager
def _watched() -> Iterator[Usage]:
    usage, ended = Usage(), threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            usage.look()

    usage.look()
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield usage
    finally:
        ended.set()
        thread.join()
        usage.look()


def _report() -> None:
    subprocess.run([sys.executable, "-m", "diamonds", "monitor"], check=True, stdout=subprocess.DEVNULL)


def measure(pricer: Pricer) -> None:
    """Reports with nothing else to do, and one while exchanges are written, as they are without one."""
    for label in ("the first report", "another one"):
        with _watched() as usage:
            seconds = timed(_report)
        print(f"{label}: {seconds:.1f} s, {usage.cpu_s:.1f} s of CPU, {usage.peak_mb:,.0f} MB", flush=True)
    with _written(pricer, "100 exchanges, no report"):
        time.sleep(10)
    with _written(pricer, "100 exchanges, during a report"):
        _report()


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--millions", type=float, default=10)
    parser.add_argument("--sold", type=float, default=0.1)
    arguments = parser.parse_args()
    champion = store.champion()
    if champion is None:
        raise store.NoChampion("There is no champion to quote. Train with: diamonds train")
    pricer = load_pricer(champion)
    with running():
        fill(pricer, int(arguments.millions * 1e6), arguments.sold)
        measure(pricer)


if __name__ == "__main__":
    main()
