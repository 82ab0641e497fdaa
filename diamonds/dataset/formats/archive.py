"""Unpacks ZIP and tar archives and compressed files, within limits that no honest file exceeds."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import IO

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.compression import opened

MOST_MEMBERS = 1_000
"""Maximum number of files in an archive."""
MOST_UNPACKED_BYTES = 8 << 30
"""Maximum size of what is unpacked from one file."""
LARGEST_RATIO = 200
"""Maximum ratio of unpacked to packed size, above ``FREE_BYTES``; text rarely exceeds 20."""
FREE_BYTES = 64 << 20

_PIECE = 1 << 20
Member = tuple[str, int, Callable[[], IO[bytes]]]


def members(
    path: Path, place: str, folder: Path, readable: Callable[[str], bool], part: str | None
) -> Iterator[tuple[str, Path]]:
    """The readable files of an archive, or the one named ``part``, each unpacked while it is used.

    Raises ``DataError`` when the archive is damaged, encrypted, too large, or has no such file.
    """
    limit = _Limit(path, place)
    with _archive(path, place) as listed:
        inner = [member for member in listed if not _is_hidden(member[0])]
        wanted = [member for member in inner if (member[0] == part if part else readable(member[0]))]
        if not wanted:
            names = ", ".join(name for name, *_ in inner[:20]) or "nothing"
            raise DataError(f"{place} has no file {part or 'of a known format'}; it has {names}.")
        if len(wanted) > MOST_MEMBERS:
            raise DataError(f"{place} has {len(wanted):,} files; at most {MOST_MEMBERS:,} are read.")
        limit.check(sum(size for _, size, _ in wanted))
        for name, _, open_member in wanted:
            with open_member() as content:
                yield name, _copied(content, folder, limit)


def unpacked(path: Path, place: str, folder: Path) -> Path:
    """The content of a compressed file in a file of its own; raises ``DataError`` when it is too large."""
    with opened(path) as content:
        return _copied(content, folder, _Limit(path, place))


class _Limit:
    """Counts what is unpacked from one file, and stops what is no honest archive."""

    def __init__(self, path: Path, place: str) -> None:
        self._place = place
        self._most = min(MOST_UNPACKED_BYTES, max(FREE_BYTES, LARGEST_RATIO * path.stat().st_size))
        self._unpacked = 0

    def check(self, size: int) -> None:
        if size > self._most:
            raise DataError(
                f"{self._place} would unpack to more than {self._most >> 20:,} MB, which is suspicious for "
                f"its size; unpack it and check what is in it."
            )

    def count(self, size: int) -> None:
        self._unpacked += size
        self.check(self._unpacked)


def _copied(content: IO[bytes], folder: Path, limit: _Limit) -> Path:
    copy = Path(mkdtemp(dir=folder)) / "content"
    with copy.open("wb") as file:
        while piece := content.read(_PIECE):
            limit.count(len(piece))
            file.write(piece)
    return copy


@contextmanager
def _archive(path: Path, place: str) -> Iterator[list[Member]]:
    try:
        if _is_zip(path):
            with zipfile.ZipFile(path) as archive:
                yield [_zip_member(archive, info, place) for info in archive.infolist() if not info.is_dir()]
        else:
            with tarfile.open(path) as tar:
                yield [_tar_member(tar, info) for info in tar if info.isfile()]
    except (zipfile.BadZipFile, tarfile.TarError, NotImplementedError) as error:
        raise DataError(f"Could not read {place}: it is a damaged archive ({error}).") from error


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:  # a tar with a workbook at its end passes for a ZIP archive otherwise
        return file.read(2) == b"PK"


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str) -> Member:
    def open_member() -> IO[bytes]:
        if info.flag_bits & 1:
            raise DataError(f"{place} is protected by a password; pack it without one.")
        return archive.open(info)

    return info.filename, info.file_size, open_member


def _tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    def open_member() -> IO[bytes]:
        content = tar.extractfile(info)
        assert content is not None  # noqa: S101 - only members that are files are listed
        return content

    return info.name, info.size, open_member


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
