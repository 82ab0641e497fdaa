"""Reads and writes the files of the shared model store on any file system that fsspec knows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

_SECONDS = {"connect_timeout": 3, "read_timeout": 10, "retries": {"max_attempts": 1}}
_OPTIONS: dict[str, dict[str, Any]] = {"s3": {"config_kwargs": _SECONDS}, "file": {"auto_mkdir": True}}
_READ_ONLY = ("http", "https")


class StoreAway(RuntimeError):
    """The shared model store does not answer, or refuses; what is here goes on."""


@dataclass(frozen=True, slots=True)
class SharedFiles:
    """The files under one URL; every method raises ``StoreAway``."""

    url: str
    file_system: Any
    path: str

    @classmethod
    def at(cls, url: str) -> Self:
        """The files under a URL such as ``s3://bucket/folder``."""
        with _errors_of(url):
            file_system, path = fsspec.url_to_fs(url, **_OPTIONS.get(url.partition(":")[0], {}))
        return cls(url, file_system, path.rstrip("/"))

    @property
    def read_only(self) -> bool:
        return self.url.startswith(_READ_ONLY)

    def read(self, name: str) -> bytes | None:
        """The content of a file, or None where there is none."""
        with _errors_of(self.url):
            try:
                return bytes(self.file_system.cat_file(self._path_of(name)))
            except FileNotFoundError:
                return None

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
        if isinstance(self.file_system, LocalFileSystem):
            staged = f"{path}.{uuid4().hex}"
            self.file_system.pipe_file(staged, content)
            try:
                os.link(staged, path)  # whole at once, and only where there is none
            finally:
                self.file_system.rm_file(staged)
        else:
            self.file_system.pipe_file(path, content, mode="create")

    def upload(self, name: str, source: Path) -> None:
        """Writes a file that is the same whoever writes it, unless it is there."""
        path = self._path_of(name)
        with _errors_of(self.url):
            if not self._is_there(path, source.stat().st_size):
                self.file_system.put_file(str(source), path)

    def _is_there(self, path: str, size: int) -> bool:
        try:
            return bool(self.file_system.info(path)["size"] == size)  # less: its upload was cut off
        except FileNotFoundError:
            return False

    def download(self, name: str, target: Path) -> None:
        """Writes the content of a file to ``target``."""
        with _errors_of(self.url):
            self.file_system.get_file(self._path_of(name), str(target))

    def _path_of(self, name: str) -> str:
        return f"{self.path}/{name}"


@contextmanager
def _errors_of(url: str) -> Iterator[None]:
    """Raises ``StoreAway`` for whatever a file system raises: each library has errors of its own."""
    try:
        yield
    except StoreAway:
        raise
    except Exception as error:
        from diamonds.dataset.read import without_secrets

        place = without_secrets(url)
        cause = f"{type(error).__name__}: {error}".replace(url, place)
        message = f"The shared model store at {place} does not answer: {cause}"
        raise StoreAway(message) from error
