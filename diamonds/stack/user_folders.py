"""Gives libraries a home and a temporary folder under ``DIAMONDS_HOME`` where this user has none to write to.

In a container with a read-only root, or of a user id without a name. BentoML would put its model store there,
Streamlit and Matplotlib their files.
"""

import logging
import os
import tempfile
from pathlib import Path

from diamonds.settings import InvalidSettings, settings

logger = logging.getLogger(__name__)


def ensure_writable() -> None:
    """Sets ``HOME`` and ``TMPDIR`` for this process and its children, unless they are good as they are.

    Where not even ``DIAMONDS_HOME`` can be written, or settings are wrong, others say so.
    """
    missing = {"HOME": "user"} if not _has_home() else {}
    missing |= {"TMPDIR": "tmp"} if not _has_temporary_folder() else {}
    for variable, name in missing.items():
        try:
            folder = settings().home.resolve() / name
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (OSError, InvalidSettings):
            return
        logger.info("%s is %s: there is none that can be written.", variable, folder)
        os.environ[variable] = str(folder)


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.resolve().parents) if each.exists())


def _has_home() -> bool:
    """Whether the user's home can be written or be made, or has a model store, which may only be read."""
    try:
        home = Path.home()
        return os.access(existing(home), os.W_OK | os.X_OK) or (home / "bentoml" / "models").is_dir()
    except (RuntimeError, OSError):  # a user id without a name, or a home that cannot even be seen
        return False


def _has_temporary_folder() -> bool:
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        return False
    return True
