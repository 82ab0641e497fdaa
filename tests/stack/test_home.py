"""``DIAMONDS_HOME``: a folder, the same one wherever a process goes."""

from pathlib import Path

import pytest

from diamonds.settings import PROJECT, Settings
from diamonds.stack.environment import environment
from tests.stack.test_environment import given


@pytest.mark.parametrize(
    ("home", "reason"),
    [
        ("{0}/file", "'{0}/file'; expected a folder, and {0}/file is none."),
        ("{0}/file/below", "'{0}/file/below'; expected a folder, and {0}/file is none."),
        ("{0}/dangling", "'{0}/dangling'; expected a folder, and {0}/dangling is none."),
        ("{0}/loop", "'{0}/loop'; expected a folder, and {0}/loop is none."),
        ("", "''; expected a folder."),
    ],
)
def test_what_cannot_become_a_folder_is_refused(tmp_path: Path, home: str, reason: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - its text follows
        Settings(home=home.format(tmp_path))
    assert f"Got DIAMONDS_HOME={reason.format(tmp_path)}" in str(refusal.value)


@pytest.mark.parametrize(
    ("home", "folder"),
    [("one/two", "{0}/one/two"), ("~/three", "{0}/three"), ("{0}/four/", "{0}/four"), (".", "{0}")],
)
def test_a_folder_is_the_same_for_processes_that_run_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given(monkeypatch, HOME=str(tmp_path), DIAMONDS_HOME=home.format(tmp_path))
    handed_on = environment("service")["DIAMONDS_HOME"]
    monkeypatch.chdir(PROJECT)

    assert handed_on == folder.format(tmp_path)
    monkeypatch.undo()
    given(monkeypatch)
