"""Errors at a terminal: one line that says what is wrong, and what would help."""

import errno
import os

import pytest

from diamonds.cli.errors import one_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "No space is left on the disk; make room, or set DIAMONDS_HOME to a folder of another disk.",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "Could not use /x: Permission denied."),
        (ConnectionError("one\n  two"), "one two"),
    ],
)
def test_an_error_is_one_line(error: Exception, line: str) -> None:
    assert one_line(error) == line
