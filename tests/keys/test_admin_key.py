"""The file with the first key is made once, for its owner alone."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from diamonds.keys import admin_key
from diamonds.keys.admin_key import BadAdminKey

ENSURE = """
import sys
from pathlib import Path
from diamonds.keys import admin_key
print(admin_key.ensure(Path(sys.argv[1])))
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_holds_the_key_and_nothing_else_for_its_owner_alone(tmp_path: Path) -> None:
    assert admin_key.ensure(tmp_path / "home")
    path = tmp_path / "home" / "admin.key"
    assert mode(path) == 0o600
    assert path.read_text() == admin_key.read(tmp_path / "home")
    assert len(path.read_text()) > 40
    assert not any(each.isspace() for each in path.read_text())
    assert [each.name for each in path.parent.iterdir()] == ["admin.key"]


def test_it_is_made_once(tmp_path: Path) -> None:
    admin_key.ensure(tmp_path)
    before = admin_key.read(tmp_path)
    assert not admin_key.ensure(tmp_path)
    assert admin_key.read(tmp_path) == before


def test_processes_that_make_it_at_once_make_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENSURE, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert sorted(process.communicate()[0] for process in processes) == [*3 * ["False\n"], "True\n"]
    assert [each.name for each in tmp_path.iterdir()] == ["admin.key"]


@pytest.mark.parametrize("content", ["", "\n"])
def test_a_file_that_a_full_disk_left_empty_is_made_again(tmp_path: Path, content: str) -> None:
    (tmp_path / "admin.key").write_text(content)
    assert admin_key.ensure(tmp_path)
    assert admin_key.read(tmp_path)


@pytest.mark.parametrize("others", [0o640, 0o604, 0o666])
def test_one_that_others_may_read_is_made_private_with_a_warning(
    tmp_path: Path, others: int, caplog: pytest.LogCaptureFixture
) -> None:
    admin_key.ensure(tmp_path)
    path = tmp_path / "admin.key"
    path.chmod(others)
    assert admin_key.read(tmp_path) == path.read_text()
    assert mode(path) == others & 0o700
    assert "could be read by others" in caplog.text
    assert path.read_text() not in caplog.text


@pytest.mark.parametrize("content", ["", "\n", "too short", "ä" * 40, "x" * 600])
def test_what_is_no_key_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "admin.key").write_text(content)
    (tmp_path / "admin.key").chmod(0o600)
    with pytest.raises(BadAdminKey, match="remove it"):
        admin_key.read(tmp_path)


def test_there_is_none_before_the_first_start(tmp_path: Path) -> None:
    assert admin_key.read(tmp_path) is None
