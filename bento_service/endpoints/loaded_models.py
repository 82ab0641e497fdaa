"""The models that a worker has loaded: the champion, reloaded when it changes, and others on demand."""

import asyncio
import gc
import logging
from dataclasses import dataclass
from typing import TypeAlias

from bento_service.endpoints.models import unknown_model
from bento_service.http.errors import ApiError
from bento_service.http.threads import CHAMPION, LOADING, run_in
from diamonds.models import REGISTRY
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.pricing.similar import SimilarStones
from diamonds.versions import store
from diamonds.versions.version import Version

log = logging.getLogger("bentoml.diamonds")

Files: TypeAlias = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Champion:
    """One version with all that is answered from it; replaced as a whole, so no response mixes two."""

    pricer: Pricer
    similar: SimilarStones


def load_champion(version: Version) -> Champion:
    """Loads a version to serve; raises ``DamagedVersion``."""
    return Champion(load_pricer(version), SimilarStones.open(version.folder))


class LoadedModels:
    """The loaded models of this worker. To get one is cheap; ``follow`` reloads them in the background."""

    def __init__(self) -> None:
        self._champion: Champion | None = None
        self._pricers: dict[str, Pricer] = {}
        self._failed: dict[str, Files] = {}

    @property
    def ready(self) -> bool:
        return self._champion is not None

    @property
    def champion(self) -> Champion:
        """The champion; a 503 that says what to do when there is none."""
        if self._champion is None:
            raise ApiError(
                503,
                "no_champion",
                "No model has been promoted yet. Train and promote one with `make train` or "
                "`diamonds train`; the service picks it up within 2 seconds.",
            )
        return self._champion

    async def pricer(self, name: str | None) -> Pricer:
        """The pricer of the model of that name, or of the champion for None; an unknown name is a 404."""
        if name is None:
            return self.champion.pricer
        loaded = self._pricers.get(name)
        return await run_in(LOADING, self._load, name) if loaded is None else loaded

    def _load(self, name: str) -> Pricer:
        version = _newest(name)
        if version is None:
            raise unknown_model(name)
        return self._set_pricer(name, version)

    def _set_pricer(self, name: str, version: Version) -> Pricer:
        pricer = self._pricers[name] = load_pricer(version)
        return pricer

    async def follow(self, every_seconds: float) -> None:
        """Loads newer versions as they are saved and promoted, until cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            try:
                await run_in(CHAMPION, self.refresh)
            # A model store that cannot be read now may be readable the next time.
            except Exception:
                log.exception("Could not look for newer versions; trying again")

    def refresh(self) -> None:
        """Loads what is newer in the model store; what fails to load is not tried again unless it changes."""
        newest = store.champion()
        if newest is not None and self._is_newer(newest, self._champion.pricer if self._champion else None):
            self._replace(newest)
        for name, pricer in list(self._pricers.items()):
            version = _newest(name)
            if version is not None and self._is_newer(version, pricer):
                self._replace(version, name)

    def _is_newer(self, version: Version, loaded: Pricer | None) -> bool:
        if loaded is not None and loaded.version.tag == version.tag:
            return False
        return self._failed.get(version.tag) != _files(version)

    def _replace(self, version: Version, name: str | None = None) -> None:
        files = _files(version)  # some may still be on their way into the model store
        try:
            if name is None:
                self._champion = load_champion(version)
            else:
                self._set_pricer(name, version)
        # Whatever is wrong with a new version, the old one must continue to quote.
        except Exception as error:  # noqa: BLE001
            self._failed[version.tag] = files
            log.error(
                "Refused %s, the version before goes on: %s: %s", version.tag, type(error).__name__, error
            )
        else:
            log.info("Quoting with %s from now on", version.tag)
            gc.collect()
            gc.freeze()


def _files(version: Version) -> Files:
    """The files of a version with size and time, to see whether one that failed to load has changed."""
    stats = {path: path.stat() for path in version.folder.rglob("*")}
    return frozenset((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats.items())


def _newest(name: str) -> Version | None:
    """The newest version of a model; in a Bento, which holds the champion alone, that may be it."""
    if name not in REGISTRY:
        raise unknown_model(name)
    versions = store.versions(name)
    if versions:
        return versions[0]
    champion = store.champion()
    return champion if champion is not None and champion.model == name else None


loaded_models = LoadedModels()
"""Those of this process."""
