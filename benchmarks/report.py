"""Runs the benchmarks one after another, and writes what they print to ``docs/benchmarks.md``, with plots.

    python -m benchmarks.report [--only serving similar]

Runs those that are named, or all; the sections of others stay if they are of the same machine and versions.
Each one has an embedded Postgres of its own. What fails or takes too long is named at the end, and the exit
code is 1 then. Trains a champion with known parameters where the model store has none.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.charts import draw
from benchmarks.command_line import parser_for
from benchmarks.listed import LISTED, NAMES, Benchmark
from benchmarks.machine import description
from diamonds.settings import PROJECT

PAGE = PROJECT / "docs" / "benchmarks.md"
SECONDS_TO_STOP = 60
_TRAIN = (sys.executable, "-m", "diamonds", "train", "--if-no-champion", "--trials", "1")
_INTRODUCTION = """\
# Benchmarks

`make benchmark` writes this page: what each benchmark printed, on one machine. `make benchmark ONLY=serving`
renews one section. Times are to be compared within a table, where all was measured by turns or in one run;
"load" is the mean number of processes that wanted a core in the minute before a benchmark began: where it is
not near 0, other work ran beside, and its ratios tell more than its times.
"""
_SECTION = "\n## "
_NOT_RUN = "Not run"


@dataclass(frozen=True, slots=True)
class Result:
    """What a benchmark printed, and how it ended: ``failure`` is None where it did well."""

    output: str
    seconds: float
    load: float
    failure: str | None


def run(benchmark: Benchmark) -> Result:
    """Runs a benchmark to its end, or until its time is over; it sees none of this machine's own database."""
    load, started = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = [sys.executable, "-m", f"benchmarks.{benchmark.name}", *benchmark.arguments]
        output, failure = _output(command, _environment(home), benchmark.minutes * 60)
    return Result(output, time.monotonic() - started, load, failure)


def _environment(home: str) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("DIAMONDS_")}
    return {**others, "DIAMONDS_HOME": home}


def _output(command: list[str], environment: dict[str, str], seconds: float) -> tuple[str, str | None]:
    """What a command prints on stdout, and why it failed, if it did; its stderr is ours."""
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return _stop(process), f"took more than {seconds / 60:g} minutes"
    except KeyboardInterrupt:
        _stop(process)
        raise
    return output, f"ended with exit code {process.returncode}" if process.returncode else None


def _stop(process: subprocess.Popen[str]) -> str:
    """Ends a command as Ctrl-C does, so that it stops what it started, or else kills all of it."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=SECONDS_TO_STOP)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]


def section(benchmark: Benchmark, result: Result, plot: str | None = None) -> str:
    """The part of the page about one benchmark: what it measures, its command, what it printed, its plot."""
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {result.seconds:.0f} s, load {result.load:.1f}"
    output = result.output.strip()
    printed = output if "\n|---" in output else f"```\n{output}\n```"
    drawn = [f"![{benchmark.drawn}]({plot})"] if plot else []
    parts = [benchmark.title, f"```sh\n{benchmark.command}\n```", printed, *drawn, f"({when})"]
    if result.failure:
        parts.insert(2, f"**It {result.failure}**; until then it had printed:")
    return "\n\n".join(parts)


def _plot(benchmark: Benchmark, result: Result, folder: Path) -> str | None:
    """Draws what the benchmark has to be drawn; the path of the picture in the folder."""
    name = f"plots/benchmark-{benchmark.name}.svg"
    is_drawn = benchmark.drawn is not None and draw(result.output, benchmark.drawn, folder / name)
    return name if is_drawn else None


def page(sections: dict[str, str], machine: str) -> str:
    """The whole page, with the sections in the order of the list, and what has none."""
    written = [f"{name}\n\n{sections[name]}\n" for name in NAMES if name in sections]
    missing = [f"`{name}`" for name in NAMES if name not in sections]
    if missing:
        written.append(f"{_NOT_RUN}\n\nOn this machine, with these versions: {', '.join(missing)}.\n")
    return _SECTION.join([f"{_INTRODUCTION}\n{machine}\n", *written])


def sections_of(text: str, machine: str) -> dict[str, str]:
    """The sections of a page by name; none if they are of another machine or other versions."""
    head, *sections = text.split(_SECTION)
    if machine not in head:
        return {}
    parts = (part.partition("\n\n") for part in sections)
    return {name: body.strip() for name, _, body in parts if name in NAMES}


def renew(benchmarks: list[Benchmark], path: Path = PAGE) -> list[str]:
    """Runs the benchmarks, writing the page after each; returns a sentence for each that failed."""
    failures = []
    for benchmark in benchmarks:
        print(f"{benchmark.command} (at most {benchmark.minutes:g} minutes)", file=sys.stderr, flush=True)
        result = run(benchmark)
        print(result.output, flush=True)
        if result.failure:
            failures.append(f"{benchmark.name} {result.failure}.")
        machine = description()
        sections = sections_of(path.read_text() if path.exists() else "", machine)
        written = section(benchmark, result, _plot(benchmark, result, path.parent))
        path.write_text(page({**sections, benchmark.name: written}, machine))
    return failures


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    names = parser.parse_args().only
    chosen = [benchmark for benchmark in LISTED if benchmark.name in names]
    if any(benchmark.quotes for benchmark in chosen):
        subprocess.run(_TRAIN, stdout=sys.stderr)  # without a champion those fail, and the others go on
    failures = renew(chosen)
    print("\n".join(failures), file=sys.stderr)
    raise SystemExit(bool(failures))


if __name__ == "__main__":
    main()
