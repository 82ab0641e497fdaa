"""Makes the table of faults: what clients saw, and what is in the record afterwards, for each seed.

    python -m benchmarks.faults [--seeds 20261125 7] [--only EXPRESSION]

Runs the tests of `tests/faults`, which take about 20 minutes for each seed; `--only` chooses among them as
pytest's `-k` does. The seed of DIAMONDS_FAULT_SEED is added to the others.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks.command_line import parser_for
from benchmarks.tables import print_header, print_row
from diamonds.settings import PROJECT
from tests.faults.report import PROPERTY

SEED = "DIAMONDS_FAULT_SEED"
SEEDS = (20261125, 7)
COLUMNS = {
    "fault": "fault",
    "seed": "seed",
    "answers": "answers seen",
    "unanswered": "requests without an answer",
    "found": "rows found",
    "lost": "lost",
    "doubled": "doubled",
    "longest_wait_s": "longest wait until recorded (s)",
    "wait_after_fault_s": "the same, after the fault (s)",
}


def figures(seed: int, only: str) -> Iterator[dict[str, Any]]:
    """What the tests of the faults report with this seed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "tests/faults", "-q", "-k", only]
        command += ["-o", "junit_family=xunit1", "--junitxml", str(report)]  # the newer one has no properties
        subprocess.run(command, cwd=PROJECT, env={**os.environ, SEED: str(seed)}, stdout=sys.stderr)
        for each in ElementTree.parse(report).iter("property"):  # noqa: S314 - written by pytest
            if each.get("name") == PROPERTY:
                yield json.loads(each.get("value") or "")


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    seeds = [*options.seeds, *([int(os.environ[SEED])] if SEED in os.environ else [])]
    print_header(*COLUMNS.values())
    for seed in seeds:
        for row in figures(seed, options.only):
            print_row(row[column] for column in COLUMNS)


if __name__ == "__main__":
    main()
