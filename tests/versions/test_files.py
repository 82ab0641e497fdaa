"""Versions are moved into a model store at once, and what was cut off leaves nothing behind."""

import os
import time
from pathlib import Path

from diamonds.versions.files import staging


def test_what_a_killed_process_has_left_behind_is_deleted_a_day_later(tmp_path: Path) -> None:
    root = tmp_path / "models"
    root.mkdir()
    with staging(root) as place:
        own = place.name
    old, recent = (tmp_path / f"{own}-{name}" for name in ("old", "recent"))
    for left in (old, recent):
        (left / "half").mkdir(parents=True)
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))

    with staging(root) as place:
        assert place.is_dir()

    assert not old.exists()
    assert (recent / "half").is_dir()
