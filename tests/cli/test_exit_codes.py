"""Commands end with the exit code that scripts expect, one line on stderr, and one document with --json."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner, Result

from diamonds.cli.app import app
from diamonds.cli.errors import one_line
from diamonds.settings import settings
from tests.processes import wait_until

STONE = ["--carat", "0.7", "--cut", "ideal", "--color", "g", "--clarity", "vs2"]
FAILING: dict[str, tuple[list[str], int]] = {
    "predict without a champion": (["predict", *STONE], 1),
    "explain without a champion": (["explain", *STONE], 1),
    "similar without a champion": (["similar", *STONE], 1),
    "a stone that cannot be": (["predict", *STONE, "--cut", "Great"], 2),
    "a file that is not there": (["price", "/nowhere.csv"], 1),
    "a file of another ending": (["price", "/nowhere.csv", "-o", "x.pdf"], 2),
    "data that are not there": (["data", "/nowhere.csv"], 1),
    "an unknown model": (["models", "guess"], 1),
    "a training of nothing": (["train", "--data", "/nowhere.csv"], 1),
    "an unknown version": (["promote", "linear:none"], 1),
    "nothing to roll back": (["rollback"], 1),
    "two unknown versions": (["compare", "linear:none", "linear:other"], 1),
    "an unknown model to promote": (["promote", "guess"], 1),
    "a champion that there is not": (["export-version", "champion"], 1),
    "an unknown version to list": (["models", "linear:none"], 1),
    "a folder that is not there": (["export", "/nowhere/x.parquet"], 2),
    "a folder in place of a file": (["export", "/"], 2),
    "a device in place of a file": (["export", "/dev/null"], 2),
    "an unknown shift": (["simulate", "nonsense"], 2),
    "a version to export": (["export-version", "linear:none"], 1),
    "a version to import": (["import-version", "/nowhere"], 1),
    "a version to accept": (["accept", "linear:none"], 1),
    "a version to delete": (["delete", "linear:none"], 1),
    "a version to train again": (["reproduce", "linear:none"], 1),
    "nothing to forget": (["forget"], 2),
    "ids that are none": (["forget", "--file", __file__], 2),
    "a missing option": (["predict", "--carat", "1"], 2),
    "a number that is none": (["predict", *STONE, "--carat", "heavy"], 2),
    "an option that there is not": (["history", "--nonsense"], 2),
    "a command that there is not": (["nonsense"], 2),
    "an unknown scope": (["keys", "add", "shop", "--scope", "everything"], 2),
    "ids in a file that is no text": (["forget", "--file", sys.executable], 2),
    "data without a name": (["data", ""], 1),
    "a training of data without a name": (["train", "--data", ""], 1),
    "a pause without a reason": (["pause", "loop", "--reason", " "], 2),
    "an unknown switch": (["pause", "everything", "--reason", "so"], 2),
}

pytestmark = pytest.mark.usefixtures("empty_model_store")


def diamonds(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("case", FAILING)
def test_a_command_that_fails_says_why_in_a_line_and_as_one_document(case: str) -> None:
    arguments, code = FAILING[case]
    plain, as_json = diamonds(*arguments), diamonds(*arguments, "--json")
    assert plain.exit_code == as_json.exit_code == code, plain.stderr
    assert plain.stdout == ""
    message = json.loads(as_json.stdout)["error"]["message"]
    assert message
    assert not re.search(r"Traceback|Value error|\b[A-Z]\w+(Error|Exception)\b", plain.stderr + message)


def test_commands_that_have_nothing_to_do_print_one_document() -> None:
    assert json.loads(diamonds("models", "--json").stdout) == []
    assert json.loads(diamonds("history", "--json").stdout) == []


def test_settings_are_a_document_with_numbers_as_numbers() -> None:
    document = json.loads(diamonds("settings", "--json").stdout)

    assert document["DIAMONDS_COVERAGE"]["value"] == settings().coverage
    assert document["DIAMONDS_HOME"]["value"] == str(settings().home)
    assert diamonds("settings", "--markdown", "--json").exit_code == 2


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file", "x.csv"), "Could not use x.csv: No such file."),
        (KeyError("carat"), "It failed where that was not expected ('carat'); see --verbose."),
        (ValueError(), "It failed where that was not expected (no reason is given); see --verbose."),
        (RuntimeError("two\nlines"), "two lines"),
        (
            DBAPIError("SELECT 1", {}, Exception("connection failed: Connection refused\n\tIs it there?")),
            "The database cannot do it: connection failed: Connection refused",
        ),
    ],
)
def test_an_error_is_a_sentence_without_the_name_of_its_class(error: Exception, line: str) -> None:
    assert one_line(error) == line


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_with_the_code_that_shells_report(
    sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    pipe = tmp_path / "version"
    os.mkfifo(pipe)  # reading it waits for a writer that never writes
    command = [sys.executable, "-m", "diamonds", "import-version", str(pipe)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        writer = wait_until(lambda: _opened(pipe))
        assert writer is not None
        process.send_signal(sent)
        _, errors = process.communicate(timeout=60)
        os.close(writer)
    assert process.returncode == code
    assert b"Traceback" not in errors


def _opened(pipe: Path) -> int | None:
    """The end of a pipe to write to, once a process reads it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_what_is_stored_is_utf_8_whatever_the_locale_of_the_terminal() -> None:
    in_ascii = "für Antwerpen".encode().decode("ascii", "surrogateescape")
    change = json.loads(diamonds("pause", "loop", "--reason", in_ascii, "--json").stdout)

    assert change["reason"] == "für Antwerpen"
