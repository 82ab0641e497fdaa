"""Mounts small disks for tests; none of them stays behind, even where the tests are killed."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# It ends when its standard input does: at the end of the context, or with the process of the tests.
_MOUNTED = 'mount "$@" || exit 1; for folder; do :; done; echo mounted; read -r _; umount -l "$folder"'


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """The folder with what ``mount`` mounts there within the context; skips the test where it may not."""
    folder.mkdir(exist_ok=True)
    command = ["sh", "-c", _MOUNTED, "sh", *arguments, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True) as mounting:
        assert mounting.stdout is not None
        if not mounting.stdout.readline():
            pytest.skip("only root can mount a disk")
        yield folder
    assert mounting.returncode == 0
