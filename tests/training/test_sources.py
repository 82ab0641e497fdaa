"""Who may start a training may not thereby read any file or address of the server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from diamonds.settings import settings
from diamonds.training.sources import SourceNotAllowed, check_source


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is allowed, beside one that is not, and hosts that are."""
    (tmp_path / "allowed").mkdir()
    (tmp_path / "secret.csv").write_text("secret")
    (tmp_path / "allowed" / "link.csv").symlink_to(tmp_path / "secret.csv")
    hosts = ["https://data.example:8443", "postgresql://warehouse"]
    monkeypatch.setenv("DIAMONDS_DATA_FOLDERS", json.dumps([str(tmp_path / "allowed")]))
    monkeypatch.setenv("DIAMONDS_DATA_HOSTS", json.dumps(hosts))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_the_configured_data_and_uploads_are_allowed(folder: Path) -> None:
    check_source(settings().data)
    check_source(str(settings().home / "uploads" / "0123" / "stones.xlsx#sheet"))


@pytest.mark.parametrize(
    "data",
    [
        "{folder}/allowed/stones.csv",
        "{folder}/allowed",
        "{folder}/allowed/book.xlsx#March",
        "https://data.example:8443/stones.csv?token=abc",
        "postgresql://me:secret@warehouse/sales#stones",
    ],
)
def test_what_the_settings_allow_is_allowed(folder: Path, data: str) -> None:
    check_source(data.format(folder=folder))


@pytest.mark.parametrize(
    "data",
    [
        "/etc/passwd",
        "{folder}/secret.csv",
        "{folder}/allowed/stones.csv\0",
        "{folder}/allowed/../secret.csv",
        "{folder}/allowed/link.csv",
        "{folder}/allowed/link.csv#sheet",
        "{folder}/allowed-too/stones.csv",
        "file:///etc/passwd",
        "local:///etc/passwd",
        "sqlite:////etc/passwd#stones",
        "simplecache::https://data.example:8443/stones.csv",
        "https://data.example/stones.csv",
        "http://data.example:8443/stones.csv",
        "https://data.example:8443@evil.example/stones.csv",
        "https://169.254.169.254/latest/meta-data",
        "https://data.example:port/stones.csv",
        "postgresql://me:secret@elsewhere/sales#stones",
    ],
)
def test_whatever_else_is_not_read_and_its_password_not_repeated(folder: Path, data: str) -> None:
    with pytest.raises(SourceNotAllowed, match="DIAMONDS_DATA_FOLDERS") as refusal:
        check_source(data.format(folder=folder))

    assert "secret@" not in str(refusal.value)
