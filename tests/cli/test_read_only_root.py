"""A root that can only be read, and a user id without name or home: all is written to ``DIAMONDS_HOME``."""

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from diamonds.settings import PROJECT
from tests.bento_service.test_bento import can_isolate, isolated

USER = 1034  # as whom isolated commands run


@pytest.fixture
def volume() -> Iterator[Path]:
    """The only folder that can be written to."""
    with TemporaryDirectory() as place:  # which others may pass
        Path(place).chmod(0o755)
        root, volume = Path(place, "root"), Path(place, "volume")
        root.mkdir()
        volume.mkdir()
        if os.geteuid() != 0 or not can_isolate(root, volume):
            pytest.skip("only root can make the root of the file system read-only")
        os.chown(volume, USER, USER)
        yield volume


def run(volume: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        isolated(volume.with_name("root"), volume, sys.executable, "-m", "diamonds", *command),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "DIAMONDS_HOME": str(volume)},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(USER in {each.pw_uid for each in pwd.getpwall()}, reason="the user id has a name here")
def test_libraries_write_below_the_home_of_diamonds(volume: Path) -> None:
    models = run(volume, "models")
    exchanges = run(volume, "exchanges")
    findings = json.loads(run(volume, "doctor", "--json").stdout)["findings"]

    assert (models.returncode, models.stdout) == (0, "Nothing is trained yet. Train with: diamonds train\n")
    assert f"Postgres needs a user with a name; give the user id {USER} one" in exchanges.stderr
    assert (volume / "user" / "bentoml" / "models").is_dir()
    assert {each["check"] for each in findings if not each["ok"]} <= {"packages", "user", "ports"}
