"""What commands print as JSON is JSON, whatever they computed."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from diamonds.cli.output import console, print_json, printable


def test_a_number_that_json_does_not_have_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(
        {"rows": [{"mape": float("nan"), "day": datetime(2026, 1, 31, tzinfo=UTC)}, (float("inf"), 1)]}
    )

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(capsys.readouterr().out, parse_constant=refuse) == {
        "rows": [{"mape": None, "day": "2026-01-31T00:00:00+00:00"}, [None, 1]]
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\ntwo\t three", "one two three"),
        ("\x1b[2J\x07\u202e", r"\x1b[2J\x07\u202e"),
        ("[red]x[/] [/nothing] :skull: ★", "[red]x[/] [/nothing] :skull: ★"),
    ],
)
def test_text_neither_controls_the_terminal_nor_is_markup(
    text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    console().print(printable(text))

    assert capsys.readouterr().out == f"{shown}\n"


def test_a_terminal_without_our_characters_shows_their_numbers(tmp_path: Path) -> None:
    stones = tmp_path / "stones.csv"
    stones.write_text("carat,cut,color,clarity,price,note €\n" + "0.7,Ideal,G,VS2,2500,a\n" * 30, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "diamonds", "data", str(stones)],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "COLUMNS": "20"},
        capture_output=True,
        check=False,
    )

    assert rb"'note \u20ac'" in done.stdout, done
    assert b"codec" not in done.stderr
