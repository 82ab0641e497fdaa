"""Imports the libraries of trees without scikit-learn, which takes most of their time and much memory.

Both libraries can be installed without it. They make estimators in its style where it is there, for which
XGBoost needs ``scipy.special`` as well; nothing of ours uses them. Whoever imports either later gets it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec

from diamonds.models.registry import ENTRY_POINTS
from diamonds.versions.version import Version

_LIBRARIES = ("xgboost", "lightgbm")


def import_libraries(version: Version) -> None:
    """Imports the libraries that the version needs, as an ensemble those of its members.

    For the start of a process, when no other thread may import scikit-learn. Nothing happens where models of
    other packages are installed, which may use the estimators.
    """
    if entry_points(group=ENTRY_POINTS):
        return
    models = {version.model, *(path.name for path in version.folder.glob("*/"))}
    with _absent("sklearn"), _absent("scipy.special"):
        for name in _LIBRARIES:
            if name in models and find_spec(name) is not None:
                import_module(name)


@contextmanager
def _absent(package: str) -> Iterator[None]:
    """Makes imports of a package fail that is not imported yet, as where it is not installed."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment] # as Python documents it
    try:
        yield
    finally:
        del sys.modules[package]
