"""Measures each optimisation of the service: with it and without, by turns.

    python -m benchmarks.steps [--rounds 3] [--seconds 4] [--connections 1 16 64] [--variants unbatched]

One worker, the champion of the model store, and the database of the settings. Needs `wrk`.
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.command_line import parser_for
from benchmarks.serving import server
from benchmarks.wrk import measure, median, wrk_script
from diamonds.database import database_url, running
from diamonds.settings import PROJECT

WHOLE = "bento_service.service:DiamondService"
STEPS = {
    "through_bentoml": "requests handled ahead of BentoML",
    "not_lean": "no timeout or tracing of BentoML",
    "parsed_by_fastapi": "requests parsed by our routes rather than by FastAPI's",
    "all_routed": "POST /predict ahead of Starlette's router",
    "unbatched": "concurrent quotes computed in batches",
    "impatient": "a batch waits for clients that have just received a response",
    "on_one_core": "members of an ensemble computed in parallel",
    "unfrozen": "a frozen heap",
}


def serving(target: str, folder: Path) -> AbstractContextManager[str]:
    """Runs the service, or a variant of it as ``module:name``, with a journal of its own."""
    command = [sys.executable, "-m", "bentoml", "serve", target, "--working-dir", str(PROJECT)]
    home = folder / target.rpartition(":")[2]
    environment = {"DIAMONDS_DATABASE_URL": database_url(), "DIAMONDS_HOME": str(home)}
    return server([*command, "--host", "127.0.0.1", "--port"], environment, folder)


def compare(variant: str, script: Path, folder: Path, arguments: argparse.Namespace) -> None:
    """Compares services that run at the same time, so that all turns have the same conditions."""
    print(f"{STEPS[variant]}:")
    with serving(WHOLE, folder) as whole, serving(f"benchmarks.variants:{variant}", folder) as without:
        for connections in arguments.connections:
            turns = [
                [
                    measure(f"{url}/predict", script, connections, arguments.seconds)
                    for url in (whole, without)
                ]
                for _ in range(arguments.rounds + 1)
            ][1:]  # one to warm up
            on, off = (median(list(loads)) for loads in zip(*turns, strict=True))
            gain = statistics.median(with_step.rate / other.rate for with_step, other in turns)
            print(
                f"  {connections:>3} connections: {off.rate:6.0f} requests/s without, {on.rate:6.0f} with it "
                f"({gain:.2f} times); p99 {off.p99 * 1e3:6.1f} and {on.p99 * 1e3:6.1f} ms"
            )


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--variants", choices=STEPS, nargs="+", default=list(STEPS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running():
        folder = Path(name)
        script = wrk_script(folder)
        for variant in arguments.variants:
            compare(variant, script, folder, arguments)


if __name__ == "__main__":
    main()
