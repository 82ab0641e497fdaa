"""What a version comes from: trained again from the same it would come out the same."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from diamonds.models import ModelSpec
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.version import Version

_CODE = Path(__file__).parent
_ASIDE = {"commands", "database", "exchanges"}  # no training runs through these
_LIBRARIES = ("numpy", "optuna", "scikit-learn", "xgboost-cpu", "lightgbm", "catboost")


def origin_of(spec: ModelSpec, fingerprint: str, *, trials: int, seed: int) -> str:
    """16 hexadecimal digits that depend on the data, the model, the effort, the seed and the code.

    An ensemble also comes from the newest versions of its members.
    """
    members = [newest.tag for name in spec.members for newest in store.versions(name)[:1]]
    parts = (spec.name, fingerprint, trials, seed, settings().coverage, _code(), *members)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def kept_version(spec: ModelSpec, fingerprint: str, *, trials: int, seed: int) -> Version | None:
    """The newest version of the model that comes from just that, or None."""
    origin = origin_of(spec, fingerprint, trials=trials, seed=seed)
    found = (kept for kept in store.versions(spec.name) if kept.labels.get("origin") == origin)
    return next(found, None)


@cache
def _code() -> str:
    """A hash of what a training runs through: our modules and the versions of the libraries."""
    digest = hashlib.sha256()
    for path in sorted(_CODE.rglob("*.py")):
        if not _ASIDE.intersection(path.relative_to(_CODE).parts):
            digest.update(path.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {_installed(library)}".encode())
    return digest.hexdigest()


def _installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
