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

USER = 1034
READ_ONLY = f"""
set -e
root=$1 volume=$2; shift 2
mount --rbind / "$root"
mount -o remount,bind,ro "$root"
mount --bind "$volume" "$root$volume"
user="--reuid {USER} --regid {USER} --clear-groups"
read="--inh-caps=+dac_read_search --ambient-caps=+dac_read_search"  # Python may be in root's home
exec chroot "$root" setpriv $user $read "$@"
"""
"""Runs a command as a user who may write to the volume and nowhere else."""


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


def isolated(root: Path, volume: Path, *command: str) -> list[str]:
    places = [str(root), str(volume)]
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", READ_ONLY, "sh", *places, *command]


def can_isolate(root: Path, volume: Path) -> bool:
    command = isolated(root, volume, sys.executable, "-c", "")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


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
