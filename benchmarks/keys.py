"""Measures what checking keys, names and rates costs `/predict`: with the check and without it, by turns.

    python -m benchmarks.keys [--rounds 7] [--seconds 4] [--connections 16]

One worker, the champion of the model store, and the database of the settings. Every request has a key of the
database, which the service without the check ignores. Needs `wrk`.
"""

import statistics
import tempfile
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks.command_line import parser_for
from benchmarks.steps import WHOLE, serving
from benchmarks.wrk import Load, measure, median, wrk_script
from diamonds.database import migrate, running
from diamonds.keys import database
from diamonds.keys.scopes import Scope
from tests.bento_service.serving import bearer
from tests.processes import wait_until


def compare(key: str, folder: Path, rounds: int, seconds: int, connections: int) -> None:
    """Both services are up throughout; every second turn begins with the other one."""
    script = wrk_script(folder, bearer(key))
    with serving(WHOLE, folder) as checked, serving("benchmarks.variants:unkeyed", folder) as unchecked:
        wait_until(lambda: httpx.get(f"{checked}/keys/self", headers=bearer(key)).is_success)
        turns: list[tuple[Load, Load]] = []
        for turn in range(rounds + 1):
            order = (checked, unchecked) if turn % 2 else (unchecked, checked)
            loads = {url: measure(f"{url}/predict", script, connections, seconds) for url in order}
            turns.append((loads[checked], loads[unchecked]))
    _print(turns[1:], connections)  # the first was to warm up


def _print(turns: list[tuple[Load, Load]], connections: int) -> None:
    on, off = (median(list(loads)) for loads in zip(*turns, strict=True))
    share = statistics.median(with_check.rate / without.rate for with_check, without in turns)
    print(f"{connections} connections, {len(turns)} pairs of turns, medians")
    print(f"{on.rate:6.0f} requests/s, p50 {on.p50 * 1e3:5.2f} ms: with the check")
    print(f"{off.rate:6.0f} requests/s, p50 {off.p50 * 1e3:5.2f} ms: without")
    print(f"with the check: {share:.1%} of the rate without it")


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running():
        migrate()
        label = f"benchmark-{uuid4().hex}"
        key = database.add(label, [Scope.QUOTE])
        try:
            compare(key, Path(name), arguments.rounds, arguments.seconds, arguments.connections)
        finally:
            database.revoke(label)


if __name__ == "__main__":
    main()
