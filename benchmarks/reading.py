"""Times reading pages of exchanges with each combination of filters, on millions of exchanges.

    DIAMONDS_HOME=/tmp/empty python -m benchmarks.reading [--millions 10] [--pages 20]

Fills the database of the settings, which must not have any exchanges yet.
"""

import statistics
import time
from datetime import UTC, datetime, timedelta
from itertools import product

from benchmarks.command_line import parser_for
from diamonds.database import engine, migrate, running
from diamonds.exchanges import Filter, create_partitions, page

DAYS = 60
SLOWEST = 12
_NOW = datetime.now(UTC)

# The last paths and statuses are rare, and 404 never occurs with /predict. Status 503 is frequent with
# /predict, but only among the oldest exchanges; newer ones are all of /similar.
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
        last = min(first + _AT_ONCE, rows) - 1
        values = {"since": since, "days": DAYS, "rows": rows, "first": first, "last": last}
        with engine().begin() as connection:
            connection.exec_driver_sql(_FILL, values)
    took = time.perf_counter() - began
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE exchanges")
    print(f"{rows:,} rows filled in at {rows / took:,.0f} a second")


def measure(pages: int) -> None:
    """Times the first and later pages of every combination of frequent, rare and absent values."""
    paths = (None, "/predict", "/similar", "/predict_batch", "/absent")
    statuses = (None, 200, 404, 503, 504)
    models = (None, "xgboost", "linear", "mlp")
    lines = []
    for path, status, model in product(paths, statuses, models):
        times, matches = _timed_pages(Filter(path=path, status=status, model=model), pages)
        median, slowest = statistics.median(times) * 1e3, max(times) * 1e3
        filters = f"{path or '-':15}{status or '-':5} {model or '-':8}"
        lines.append(
            (slowest, f"{filters}{matches:5} matches: median {median:6.1f} ms, slowest {slowest:6.1f} ms")
        )
    print(f"The slowest of {len(lines)} combinations of filters, up to {pages} pages of 100:")
    for _, line in sorted(lines, reverse=True)[:SLOWEST]:
        print(line)


def _timed_pages(filters: Filter, pages: int) -> tuple[list[float], int]:
    times: list[float] = []
    matches, cursor = 0, None
    page(filters)  # reads the filter's rows into memory, as on a server in use
    while len(times) < pages and (cursor is not None or not times):
        began = time.perf_counter()
        current = page(filters, cursor=cursor)
        times.append(time.perf_counter() - began)
        matches, cursor = matches + len(current.exchanges), current.next
    return times, matches


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--millions", type=float, default=10)
    parser.add_argument("--pages", type=int, default=20)
    arguments = parser.parse_args()
    with running():
        fill(int(arguments.millions * 1e6))
        measure(arguments.pages)


if __name__ == "__main__":
    main()
