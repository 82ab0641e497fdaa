"""How long a page of exchanges takes: each kind of filter, on millions of exchanges.

    DIAMONDS_HOME=/tmp/empty python -m benchmarks.reading [--millions 10] [--pages 20]

Fills the database of the settings, which must not hold any exchanges yet.
"""

import argparse
import statistics
import time
from datetime import UTC, datetime, timedelta
from itertools import product

from diamonds.database import engine, migrate, running
from diamonds.exchanges import Filter, create_partitions, page

DAYS = 60
SHOWN = 12
_NOW = datetime.now(UTC)

# What answers come of: of the last paths and statuses there are few, and /predict never answers 404. It
# answered 503 often, but a long time ago: newer 503 are all of /similar.
_FILL = """
INSERT INTO exchanges (id, started_at, duration_ms, method, path, query, status, request_headers,
    request_body, response_body, model, model_version)
SELECT
    encode(int8send((extract(epoch FROM began) * 1000)::bigint << 16 | 28672 + n %% 4096) ||
        int8send(-9223372036854775808 + hash), 'hex')::uuid,
    began, 1 + random() * 5, 'POST', path, '',
    CASE WHEN path = '/nope' THEN 404 WHEN path = '/similar' AND luck < 0.002 THEN 503
        WHEN path = '/predict' AND n < 0.2 * %(rows)s AND luck < 0.04 THEN 503
        WHEN luck < 0.04 THEN 400 WHEN luck < 0.0401 THEN 504 ELSE 200 END,
    '{"content-type": "application/json", "user-agent": "benchmark/1"}',
    '{"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2", "depth": 61.5, "table": 56}',
    '{"low": 2000.0, "high": 2600.0, "price": 2345.0, "model": "xgboost", "coverage": 0.9}',
    model, 'diamonds-' || model || ':benchmark'
FROM (
    SELECT n, %(since)s::timestamptz + n * (%(days)s * interval '1 day' / %(rows)s) AS began, luck, hash,
        CASE WHEN which < 0.8 THEN '/predict' WHEN which < 0.9 THEN '/similar' WHEN which < 0.98
            THEN '/explain' WHEN which < 0.9999 THEN '/nope' ELSE '/predict_batch' END AS path,
        CASE WHEN which BETWEEN 0.8 AND 0.9 OR which BETWEEN 0.98 AND 0.9999 THEN NULL WHEN other < 0.9
            THEN 'xgboost' WHEN other < 0.99999 THEN 'linear' ELSE 'mlp' END AS model
    FROM (
        SELECT n, random() AS which, random() AS luck, random() AS other,
            (random() * 4611686018427387904)::bigint AS hash
        FROM generate_series(%(first)s, %(last)s) AS n
    ) AS drawn
) AS made
"""
_AT_ONCE = 250_000


def fill(rows: int) -> None:
    migrate()
    since = _NOW - timedelta(days=DAYS)
    for ago in range(0, DAYS + 31, 28):
        create_partitions(_NOW - timedelta(days=ago))
    with engine().begin() as connection:
        if connection.exec_driver_sql("SELECT EXISTS (SELECT FROM exchanges)").scalar_one():
            raise SystemExit("There are exchanges in this database; name an empty one by DIAMONDS_HOME.")
    began = time.perf_counter()
    for first in range(0, rows, _AT_ONCE):
        values = {"since": since, "days": DAYS, "rows": rows, "first": first, "last": first + _AT_ONCE - 1}
        with engine().begin() as connection:
            connection.exec_driver_sql(_FILL, values)
    took = time.perf_counter() - began
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE exchanges")
    print(f"{rows:,} rows filled in at {rows / took:,.0f} a second")


def measure(pages: int) -> None:
    """The first page and later ones, of every combination of frequent, rare and absent values."""
    paths = (None, "/predict", "/similar", "/predict_batch", "/absent")
    statuses = (None, 200, 404, 503, 504)
    models = (None, "xgboost", "linear", "mlp")
    lines = []
    for path, status, model in product(paths, statuses, models):
        times, found = _timed(Filter(path=path, status=status, model=model), pages)
        median, slowest = statistics.median(times) * 1e3, max(times) * 1e3
        filters = f"{path or '-':15}{status or '-':5} {model or '-':8}"
        lines.append(
            (slowest, f"{filters}{found:5} found: median {median:6.1f} ms, slowest {slowest:6.1f} ms")
        )
    print(f"The slowest of {len(lines)} combinations of filters, up to {pages} pages of 100:")
    for _, line in sorted(lines, reverse=True)[:SHOWN]:
        print(line)


def _timed(wanted: Filter, pages: int) -> tuple[list[float], int]:
    times: list[float] = []
    found, cursor = 0, None
    page(wanted)  # what this filter reads is in memory, as on a server in use
    while len(times) < pages and (cursor is not None or not times):
        began = time.perf_counter()
        one = page(wanted, cursor=cursor)
        times.append(time.perf_counter() - began)
        found, cursor = found + len(one.exchanges), one.next
    return times, found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--millions", type=float, default=10)
    parser.add_argument("--pages", type=int, default=20)
    given = parser.parse_args()
    with running():
        fill(int(given.millions * 1e6))
        measure(given.pages)


if __name__ == "__main__":
    main()
