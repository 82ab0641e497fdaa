"""Checks where a training that was started over the network may read its data from."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from diamonds.dataset import DataError
from diamonds.dataset.source_url import without_secrets
from diamonds.settings import settings
from diamonds.training.uploads import uploads_folder
from diamonds.versions import datasets


class SourceNotAllowed(DataError):
    """The data is somewhere that those who may start a training may not thereby read."""


def check_source(data: str) -> None:
    """Raises ``SourceNotAllowed`` unless the data is the configured one, an upload, a stored dataset, or
    allowed by settings.

    A file is allowed in a folder of ``data_folders``, wherever links lead; a URL, also of a database, by its
    scheme, host and port in ``data_hosts``.
    """
    if data == settings().data or datasets.referenced(data):
        return
    if _is_allowed_url(data) if "://" in data else _is_allowed_file(data):
        return
    raise SourceNotAllowed(
        f"Got data={without_secrets(data)!r}; expected the configured data, an upload, a stored dataset, a "
        f"file in one of DIAMONDS_DATA_FOLDERS, or a URL that begins with one of DIAMONDS_DATA_HOSTS."
    )


def _is_allowed_file(data: str) -> bool:
    if "\0" in data:  # no path has it
        return False
    folders = [folder.resolve() for folder in (uploads_folder(), *settings().data_folders)]
    return all(any(path.is_relative_to(folder) for folder in folders) for path in _paths(data))


def _paths(data: str) -> Iterator[Path]:
    """The file, also without what may be the name of a sheet after it."""
    yield Path(data).resolve()
    bare, mark, _ = data.rpartition("#")
    if mark:
        yield Path(bare).resolve()


def _is_allowed_url(data: str) -> bool:
    """By scheme, host and port alone: a name or password, or another part, opens nothing else."""
    return _origin(data) in map(_origin, settings().data_hosts)


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        return (parts.scheme, parts.hostname, parts.port) if parts.hostname else None
    except ValueError:  # of the port
        return None
