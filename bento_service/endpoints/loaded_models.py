"""The models that a worker has loaded: the champion, reloaded when it changes, and others on demand."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from bento_service.endpoints.memory import free_memory
from bento_service.endpoints.models import unknown_model
from bento_service.http.errors import ApiError
from bento_service.http.threads import CHAMPION, LOADING, run_in
from diamonds.models import REGISTRY
from diamonds.pricing.lean_imports import import_libraries
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.pricing.similar import SimilarStones
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.adapted_intervals import adapted
from diamonds.versions.integrity import Signature, damage, signature
from diamonds.versions.refused import refused_of
from diamonds.versions.version import Version

log = logging.getLogger("bentoml.diamonds")


@dataclass(frozen=True, slots=True)
class Champion:
    """One version with all that is answered from it; replaced as a whole, so no response mixes two."""

    pricer: Pricer
    similar: SimilarStones


def load_champion(version: Version) -> Champion:
    """Loads a version to serve; raises ``DamagedVersion``."""
    return Champion(_prepared(version), SimilarStones.open(version.folder))


def _prepared(version: Version) -> Pricer:
    pricer = load_pricer(version)
    pricer.prepare()
    return pricer


class LoadedModels:
    """The loaded models of this worker. To get one is cheap; ``follow`` reloads them in the background."""

    def __init__(self) -> None:
        self._champion: Champion | None = None
        self._pricers: dict[str, Pricer] = {}
        self._failed: dict[str, tuple[Signature, str]] = {}
        self._refused: set[str] = set()

    @property
    def failed(self) -> dict[str, str]:
        """Why versions that are what was saved could not be loaded, by their tags."""
        return {tag: reason for tag, (_, reason) in self._failed.items()}

    @property
    def ready(self) -> bool:
        return self._champion is not None

    @property
    def currency(self) -> str:
        """The currency of the champion's market; while there is none, that of the settings."""
        return self._champion.pricer.currency if self._champion else settings().currency

    @property
    def champion(self) -> Champion:
        """The champion; a 503 that says what to do when there is none."""
        if self._champion is None:
            raise _no_champion()
        return self._champion

    async def pricer(self, name: str | None) -> Pricer:
        """The pricer of the model of that name, or of the champion for None; an unknown name is a 404."""
        if name is None:
            return self.champion.pricer
        loaded = self._pricers.get(name)
        return await run_in(LOADING, self._load, name) if loaded is None else loaded

    def _load(self, name: str) -> Pricer:
        if name not in REGISTRY:
            raise unknown_model(name)
        self._use_newest(_quoting(name), None, partial(self._set_pricer, name))
        if name not in self._pricers:
            raise _unusable(name, self.failed)
        return self._pricers[name]

    def _set_champion(self, version: Version) -> None:
        self._champion = load_champion(version)

    def _set_pricer(self, name: str, version: Version) -> None:
        self._pricers[name] = _prepared(version)

    async def follow(self, every_seconds: float) -> None:
        """Loads newer versions as they are saved and promoted, until cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            try:
                await run_in(CHAMPION, self.refresh)
            # A model store that cannot be read now may be readable the next time.
            except Exception:
                log.exception("Could not look for newer versions; trying again")

    def start(self) -> None:
        """Loads the champion, before anything else runs in this process."""
        for version in store.champions()[:1]:
            import_libraries(version)
        self.refresh()

    def refresh(self) -> None:
        """Loads what is newer in the model store, or older where what is loaded was damaged since.

        What fails to load is not tried again unless it changes.
        """
        loaded = self._champion.pricer if self._champion else None
        self._use_newest(store.champions(), loaded, self._set_champion)
        self._adapt_intervals()
        for name, pricer in list(self._pricers.items()):
            self._use_newest(_quoting(name), pricer, partial(self._set_pricer, name))

    def _adapt_intervals(self) -> None:
        """Has the champion's intervals as wide as recent sales say, where that is wanted."""
        champion = self._champion
        if champion is None or not settings().adapt_intervals:
            return
        change = adapted(champion.pricer.tag)
        factor = change.factor if change else 1.0
        if factor != champion.pricer.interval_factor:
            pricer = replace(champion.pricer, interval_factor=factor)
            pricer.prepare()
            self._champion = replace(champion, pricer=pricer)
            log.info("Intervals of %s are %.2f times as wide as its own from now on", pricer.tag, factor)

    def _use_newest(
        self, versions: Iterable[Version], loaded: Pricer | None, use: Callable[[Version], None]
    ) -> None:
        """Loads the first of the versions that can be, unless it is loaded; if none can, nothing changes."""
        for version in versions:
            if reason := damage(version):
                self._refuse(version.tag, reason)
            elif (loaded is not None and loaded.version.tag == version.tag) or self._uses(version, use):
                return

    def _uses(self, version: Version, use: Callable[[Version], None]) -> bool:
        if version.tag in self._failed and self._failed[version.tag][0] == signature(version.folder):
            return False
        try:
            use(version)
        # Whatever is wrong with a new version, the old one must continue to quote.
        except Exception as error:  # noqa: BLE001
            reason = f"It could not be loaded: {type(error).__name__}: {error}"
            self._failed[version.tag] = signature(version.folder), reason
            self._refuse(version.tag, reason)
            return False
        self._failed.pop(version.tag, None)
        self._refused.discard(version.tag)
        log.info("Quoting with %s from now on", version.tag)
        free_memory()
        return True

    def _refuse(self, tag: str, reason: str) -> None:
        if tag not in self._refused:
            log.error("Refused %s, the version before goes on: %s", tag, reason)
            self._refused.add(tag)


def _quoting(name: str) -> list[Version]:
    """The versions that may quote for a model's name; in a Bento, which holds the champion alone, it may."""
    versions = store.accepted(name)
    return versions or [version for version in store.champions() if version.model == name]


def _no_champion() -> ApiError:
    """The 503 while nothing can quote: because nothing was promoted yet, or because it is damaged."""
    if refused := refused_of(store.CHAMPION_NAME):
        return ApiError(503, "damaged_version", f"{refused[0].reason} {refused[0].remedy}")
    return ApiError(
        503,
        "no_champion",
        "No model has been promoted yet. Train and promote one with `make train` or "
        "`diamonds train`; the service picks it up within 2 seconds.",
    )


def _unusable(name: str, failed: Mapping[str, str]) -> ApiError:
    """The 503 for a model whose versions are all damaged, or the 404 for one that has none."""
    if refused := refused_of(name):
        return ApiError(503, "damaged_version", f"{refused[0].reason} {refused[0].remedy}")
    if reasons := [failed[version.tag] for version in _quoting(name) if version.tag in failed]:
        return ApiError(503, "damaged_version", f"Model {name!r} cannot quote. {reasons[0]}")
    if waiting := store.readable(name):
        message = f"No version of model {name!r} is accepted; `diamonds accept {waiting[0].tag}` accepts one."
        return ApiError(503, "no_accepted_version", message)
    return unknown_model(name)


loaded_models = LoadedModels()
"""Those of this process."""
