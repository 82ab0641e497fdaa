"""The cleaned stones of one training run, with what identifies them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from diamonds.dataset.clean import CleaningReport, clean
from diamonds.dataset.read import DataError, read_stones
from diamonds.dataset.split import is_held_out
from diamonds.diamond import COLUMNS

FEWEST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Dataset:
    """Cleaned stones on the two sides of the split; ``fingerprint`` is a hash of their content."""

    training: pd.DataFrame
    hold_out: pd.DataFrame
    fingerprint: str
    report: CleaningReport


def load_dataset(path: Path) -> Dataset:
    """Reads, cleans, identifies and splits the stones of ``path``.

    Raises ``DataError`` when they cannot be read or too few are usable.
    """
    stones, report = clean(read_stones(path))
    if len(stones) < FEWEST_ROWS:
        raise DataError(f"{path} has {len(stones)} usable stones; at least {FEWEST_ROWS} are needed.")
    held_out = is_held_out(stones)
    return Dataset(
        training=stones[~held_out].reset_index(drop=True),
        hold_out=stones[held_out].reset_index(drop=True),
        fingerprint=fingerprint(stones),
        report=report,
    )


def fingerprint(stones: pd.DataFrame) -> str:
    """16 hexadecimal digits that depend on the stones alone, not on the order of rows or columns."""
    hashes = pd.util.hash_pandas_object(stones[list(COLUMNS)], index=False).to_numpy()
    return hashlib.sha256(np.sort(hashes).tobytes()).hexdigest()[:16]
