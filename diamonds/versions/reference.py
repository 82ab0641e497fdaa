"""Which stones a challenger and a champion meet on: the hold-out of the configured market, whoever comes."""

from pathlib import Path
from typing import TYPE_CHECKING

from diamonds.dataset.source_url import without_secrets
from diamonds.evaluation.metrics import Evaluation
from diamonds.settings import settings
from diamonds.versions import datasets, store
from diamonds.versions.integrity import DamagedVersion
from diamonds.versions.version import Version

if TYPE_CHECKING:
    import pandas as pd


def reference_stones(champion: Version) -> "pd.DataFrame":
    """The stones with their prices on which others meet a champion.

    That is the hold-out of the newest stored dataset of the market that is configured, or of the champion's
    own dataset, or what was saved with the champion: never the challenger's own. By the hash that splits all
    data none of our models has learned from them.
    """
    stored = _market_dataset() or _stored(champion.labels["dataset"])
    if stored is None:
        return Evaluation.load(champion.folder).stones
    import pandas as pd

    return pd.read_parquet(stored.folder / "hold_out.parquet")


def foreign_source(fingerprint: str) -> str | None:
    """Where the stones of a dataset came from, if that is not the market that is configured."""
    stored = _stored(fingerprint)
    if stored is None or _is_of_market(stored):
        return None
    return datasets.sources_of(stored)[0]


def _market_dataset() -> Version | None:
    """The newest stored dataset of the configured market."""
    return next(filter(_is_of_market, store.versions(datasets.DATASET)), None)


def _is_of_market(stored: Version) -> bool:
    return any(map(is_market, datasets.sources_of(stored)))


def _stored(fingerprint: str) -> Version | None:
    try:
        return datasets.find(fingerprint)
    except DamagedVersion:
        return None


def is_market(source: str) -> bool:
    """Whether a source, as reports name it, is the market that is configured."""
    market = without_secrets(settings().data)
    return source == market or ("://" not in source and Path(source).resolve() == Path(market).resolve())
