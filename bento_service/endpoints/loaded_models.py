"""The models that a worker quotes with: the champion, followed as it changes, and others on demand."""

import asyncio
import gc
import logging
from dataclasses import dataclass
from typing import TypeAlias

from bento_service.endpoints.models import unknown_model
from bento_service.http.errors import ApiError
from diamonds.models import REGISTRY
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.pricing.similar import SimilarStones
from diamonds.versions import store
from diamonds.versions.version import Version

log = logging.getLogger("bentoml.diamonds")

Files: TypeAlias = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Champion:
    """One version with all that is answered from it; replaced as a whole, so no answer mixes two."""

    pricer: Pricer
    similar: SimilarStones


def load_champion(version: Version) -> Champion:
    """Loads a version to serve; raises ``DamagedVersion``."""
    return Champion(load_pricer(version), SimilarStones.open(version.folder))


class LoadedModels:
    """What this worker has loaded. Reading it is cheap; ``follow`` keeps it fresh in the background."""

    def __init__(self) -> None:
        self._champion: Champion | None = None
        self._pricers: dict[str, Pricer] = {}
        self._refused: dict[str, Files] = {}

    @property
    def ready(self) -> bool:
        return self._champion is not None

    @property
    def champion(self) -> Champion:
        """The champion; raises the 503 that says what to do when there is none."""
        if self._champion is None:
            raise ApiError(
                503,
                "no_champion",
                "No model has been promoted yet. Train and promote one with `make train` or "
                "`diamonds train`; the service picks it up within 2 seconds.",
            )
        return self._champion

    async def pricer(self, name: str | None) -> Pricer:
        """What quotes for the model of that name, or the champion for None; an unknown name is a 404."""
        if name is None:
            return self.champion.pricer
        loaded = self._pricers.get(name)
        return await asyncio.to_thread(self._load_named, name) if loaded is None else loaded

    def _load_named(self, name: str) -> Pricer:
        version = _newest(name)
        if version is None:
            raise unknown_model(name)
        return self._keep(name, version)

    def _keep(self, name: str, version: Version) -> Pricer:
        pricer = self._pricers[name] = load_pricer(version)
        return pricer

    async def follow(self, every_seconds: float) -> None:
        """Takes over newer versions as they come, until cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            try:
                await asyncio.to_thread(self.refresh)
            # A model store that cannot be read just now must not end the following.
            except Exception:
                log.exception("Could not look for newer versions; trying again")

    def refresh(self) -> None:
        """Loads what is newer in the model store; refuses, as it is, what does not load."""
        newest = store.champion()
        if newest is not None and self._is_news(newest, self._champion.pricer if self._champion else None):
            self._take(newest)
        for name, pricer in list(self._pricers.items()):
            version = _newest(name)
            if version is not None and self._is_news(version, pricer):
                self._take(version, name)

    def _is_news(self, version: Version, loaded: Pricer | None) -> bool:
        if loaded is not None and loaded.version.tag == version.tag:
            return False
        refused = self._refused.get(version.tag)
        return refused is None or refused != _files(version)

    def _take(self, version: Version, name: str | None = None) -> None:
        files = _files(version)  # which may still be on their way into the model store
        try:
            if name is None:
                self._champion = load_champion(version)
            else:
                self._keep(name, version)
        # Whatever is wrong with a new version, the old one must go on quoting.
        except Exception as error:  # noqa: BLE001
            self._refused[version.tag] = files
            log.error(
                "Refused %s, the version before goes on: %s: %s", version.tag, type(error).__name__, error
            )
        else:
            log.info("Quoting with %s from now on", version.tag)
            gc.collect()
            gc.freeze()


def _files(version: Version) -> Files:
    """What there is of a version, so that one that was refused gets another look when that has changed."""
    stats = {path: path.stat() for path in version.folder.rglob("*")}
    return frozenset((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats.items())


def _newest(name: str) -> Version | None:
    """The newest version of a model; in a Bento, which holds the champion alone, that may be it."""
    if name not in REGISTRY:
        raise unknown_model(name)
    found = store.versions(name)
    if found:
        return found[0]
    champion = store.champion()
    return champion if champion is not None and champion.model == name else None
