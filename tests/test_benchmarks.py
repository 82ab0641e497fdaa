"""The report of the benchmarks: which there are, how they end, and how its page is put together."""

import ast
import sys
from pathlib import Path

import pytest

from benchmarks.charts import draw
from benchmarks.listed import LISTED, Benchmark
from benchmarks.report import Result, _output, page, section, sections_of
from diamonds.settings import PROJECT

MACHINE = "| cores | 2 |"
WELL = Result("| a |\n|---|\n| 1 |", 1.0, 0.0, None)


def has_main(path: Path) -> bool:
    return any(
        isinstance(each, ast.FunctionDef) and each.name == "main" for each in ast.parse(path.read_text()).body
    )


def test_every_module_that_measures_is_listed() -> None:
    modules = {path.stem for path in (PROJECT / "benchmarks").glob("*.py") if has_main(path)}

    assert sorted(each.name for each in LISTED) == sorted(modules - {"report"})


@pytest.mark.parametrize("benchmark", LISTED, ids=lambda each: each.name)
def test_a_listed_benchmark_says_in_a_sentence_what_it_measures(benchmark: Benchmark) -> None:
    assert benchmark.title.endswith((".", ":"))


@pytest.mark.parametrize(
    ("program", "seconds", "output", "failure"),
    [
        ("print(1)", 60, "1\n", None),
        ("print(1); raise SystemExit(3)", 60, "1\n", "ended with exit code 3"),
        ("import time; print(1, flush=True); time.sleep(60)", 3, "1\n", "took more than 0.05 minutes"),
    ],
    ids=["well", "error", "too long"],
)
def test_what_a_benchmark_printed_counts_however_it_ends(
    program: str, seconds: float, output: str, failure: str | None
) -> None:
    assert _output([sys.executable, "-c", program], {}, seconds) == (output, failure)


def test_the_page_keeps_the_sections_of_the_same_machine_only() -> None:
    first, second = LISTED[:2]
    written = page({first.name: section(first, WELL), second.name: section(second, WELL)}, MACHINE)

    assert sections_of(written, MACHINE) == {each.name: section(each, WELL) for each in (first, second)}
    assert sections_of(written, "| cores | 4 |") == {}


def test_the_page_says_what_failed_and_what_was_not_run() -> None:
    failed = section(LISTED[0], Result("", 1.0, 0.0, "ended with exit code 3"))
    written = page({LISTED[0].name: failed}, MACHINE)

    assert "**It ended with exit code 3**" in written
    assert all(f"`{each.name}`" in written for each in LISTED[1:])


def test_a_column_of_a_table_is_drawn_as_bars(tmp_path: Path) -> None:
    rows = "| 1 | ours | 1,200 |\n| 1 | other | 35 |\n| 2 | none |  |"
    table = f"| n | service | requests/s |\n|---|---|---:|\n{rows}"
    path = tmp_path / "plots" / "bars.svg"

    assert draw(f"first\n{table}\nlast", "requests/s", path)
    assert path.read_text().count("<!-- 1,200 -->") == 1
    assert "<!-- 1, other -->" in path.read_text()
    assert not draw(table, "p50, ms", tmp_path / "none.svg")
