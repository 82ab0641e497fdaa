"""Reads and writes the files of the shared model store on any file system that fsspec knows."""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from diamonds.dataset.source_url import without_secrets

_READ_ONLY = ("http", "https")
_SECONDS_TO_ANSWER = 20
"""How long an entry of the log may take, whatever a library does meanwhile: some try for minutes."""
_AT_ONCE = 8
"""How many files are read or written at once."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_PROBE = "log/0000000000.json"
"""A file of no meaning, by which it is seen whether a store keeps what is there."""


class StoreAway(RuntimeError):
    """The shared model store does not answer, or refuses; what is here goes on."""


class NoRoom(OSError):
    """The disk of this machine is full, or a quota of it."""


@dataclass(frozen=True, slots=True)
class SharedFiles:
    """The files under one URL; every method raises ``StoreAway``, and downloads ``NoRoom``."""

    url: str
    file_system: Any
    path: str

    @classmethod
    def at(cls, url: str) -> Self:
        """The files under a URL such as ``s3://bucket/folder``."""
        with _errors_of(url):
            file_system, path = fsspec.url_to_fs(url, **_options(url.partition(":")[0]))
        return cls(url, file_system, path.rstrip("/"))

    @property
    def read_only(self) -> bool:
        return self.url.startswith(_READ_ONLY)

    @property
    def _is_local(self) -> bool:
        return isinstance(self.file_system, LocalFileSystem)

    def read(self, name: str) -> bytes | None:
        """The content of a small file, or None where there is none."""
        with _errors_of(self.url):
            try:
                return bytes(self.file_system.cat_file(self._path_of(name), **self._limit))
            except FileNotFoundError:
                return None

    def read_all(self, names: Sequence[str]) -> list[bytes | None]:
        """The contents of small files, read at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.read, names))

    @property
    def _limit(self) -> dict[str, float]:
        """The time limit of a call, which is one of fsspec's for what speaks to a network."""
        return {"timeout": _SECONDS_TO_ANSWER} if self.file_system.async_impl else {}

    def check_create(self) -> None:
        """Raises ``StoreAway`` where the store overwrites what ``create`` must not.

        Several machines would each believe that they were first.
        """
        self.create(_PROBE, b"{}")
        if self.create(_PROBE, uuid4().bytes):
            place = without_secrets(self.url)
            raise StoreAway(
                f"The shared model store at {place} overwrites files where it was asked to create them; "
                "expected one with conditional writes, such as a recent version of the same."
            )

    def create(self, name: str, content: bytes) -> bool:
        """Writes a file that is not there yet, or returns False: of several who try at once one succeeds."""
        with _errors_of(self.url):
            try:
                self._create(self._path_of(name), content)
            except Exception:
                # Each file system has another error for a file that is there. It may also be there because
                # the response to our own request was lost, and the request sent again.
                existing = self.read(name)
                if existing is None:
                    raise
                return existing == content
        return True

    def _create(self, path: str, content: bytes) -> None:
        if self._is_local:
            staged = f"{path}.{uuid4().hex}"
            self.file_system.pipe_file(staged, content)
            try:
                os.link(staged, path)  # whole at once, and only where there is none
            finally:
                self.file_system.rm_file(staged)
        else:
            self.file_system.pipe_file(path, content, mode="create", **self._limit)

    def upload_all(self, sources: Mapping[str, Path]) -> None:
        """Writes files by their names, at once, unless they are there: each is the same whoever writes it."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._upload, sources.keys(), sources.values()))

    def _upload(self, name: str, source: Path) -> None:
        path = self._path_of(name)
        with _errors_of(self.url):
            if self._is_there(path, source.stat().st_size):
                return
            staged = f"{path}.{uuid4().hex}" if self._is_local else path
            self.file_system.put_file(str(source), staged)
            if self._is_local:  # others write a file whole or not at all
                Path(staged).replace(path)

    def _is_there(self, path: str, size: int) -> bool:
        try:
            return bool(self.file_system.info(path)["size"] == size)  # less: its upload was cut off
        except FileNotFoundError:
            return False

    def download_all(self, targets: Sequence[tuple[str, Path]]) -> None:
        """Writes the contents of files, by their names, to these paths, at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._download, *zip(*targets, strict=True)))

    def _download(self, name: str, target: Path) -> None:
        with _errors_of(self.url):
            try:
                self.file_system.get_file(self._path_of(name), str(target))
            except OSError as error:
                if error.errno in _NO_ROOM:
                    raise NoRoom(f"No space is left on the disk of {target.parent}.") from error
                raise

    def _path_of(self, name: str) -> str:
        return f"{self.path}/{name}"


def _options(protocol: str) -> dict[str, Any]:
    """What has each library give up soon where nobody answers."""
    if protocol == "s3":
        seconds = {"connect_timeout": 3, "read_timeout": 10, "retries": {"max_attempts": 1}}
        # Else it asks for the size of each file first, and of one that is missing whether it is a folder.
        return {"config_kwargs": seconds, "max_concurrency": 1}
    if protocol in ("abfs", "abfss", "az"):
        return {"connection_timeout": 3, "read_timeout": 10}
    if protocol in ("gs", "gcs"):
        return {"requests_timeout": _http_timeout()}
    if protocol in _READ_ONLY:
        return {"client_kwargs": {"timeout": _http_timeout()}}
    return {"auto_mkdir": True} if protocol == "file" else {}


def _http_timeout() -> Any:
    from aiohttp import ClientTimeout

    return ClientTimeout(total=None, sock_connect=3, sock_read=10)


@contextmanager
def _errors_of(url: str) -> Iterator[None]:
    """Raises ``StoreAway`` for whatever a file system raises: each library has errors of its own."""
    try:
        yield
    except (StoreAway, NoRoom):
        raise
    except Exception as error:
        place = without_secrets(url)
        cause = f"{type(error).__name__}: {error}".replace(url, place)
        message = f"The shared model store at {place} does not answer: {cause}"
        raise StoreAway(message) from error
