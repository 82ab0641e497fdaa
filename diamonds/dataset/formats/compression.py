"""Opens files that may be compressed with gzip, bzip2 or xz."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

_OPENERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}


def is_compressed(path: Path) -> bool:
    """Whether a file is compressed, by its first bytes."""
    with path.open("rb") as file:
        return file.read(6).startswith(tuple(_OPENERS))


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The content of a file, decompressed if it is compressed, whatever its suffix."""
    with path.open("rb") as file:
        start = file.read(6)
        file.seek(0)
        opener = next((opener for mark, opener in _OPENERS.items() if start.startswith(mark)), None)
        if opener is None:
            yield file
            return
        with opener(file) as content:
            yield content
