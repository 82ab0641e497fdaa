"""Verifies a version: its files match the manifest, and it quotes as it did when it was saved."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from diamonds.dataset.split import in_hold_out, stone_hashes, without_calibration
from diamonds.evaluation.metrics import Evaluation
from diamonds.evaluation.model_card import CARD
from diamonds.model_files.errors import BadVersionFile
from diamonds.models.features import matrix_of
from diamonds.pricing import similar
from diamonds.pricing.pricer import load_pricer
from diamonds.versions import store
from diamonds.versions.entries import MODEL_YAML
from diamonds.versions.integrity import MANIFEST, DamagedVersion, check
from diamonds.versions.version import CALIBRATION_ROWS, REPORTED_ROWS, Version

_STONES = 2000
_TOLERANCE = 1e-3
"""Maximum difference of a price between processors, as a share of it."""


def check_files(version: Version) -> int:
    """The number of files in the manifest; raises ``BadVersionFile`` unless they are all there, unchanged."""
    listed = _listed(version)
    try:
        check(version)
    except DamagedVersion as error:
        raise BadVersionFile(str(error)) from error
    files = {
        path.relative_to(version.folder).as_posix() for path in version.folder.rglob("*") if path.is_file()
    }
    if unlisted := sorted(files - set(listed) - {MANIFEST, MODEL_YAML}):
        raise BadVersionFile(f"It holds {unlisted[0]!r}, which its {MANIFEST} does not name.")
    if CARD not in listed:
        raise BadVersionFile(f"It holds no {CARD}.")
    return len(listed)


def _listed(version: Version) -> dict[str, object]:
    """The content of the manifest."""
    try:
        listed = json.loads((version.folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError as error:
        raise BadVersionFile(f"It holds no {MANIFEST}.") from error
    except (ValueError, RecursionError) as error:
        raise BadVersionFile(f"Its {MANIFEST} is no JSON.") from error
    if not isinstance(listed, dict):
        raise BadVersionFile(f"Its {MANIFEST} does not name files with their SHA-256.")
    return listed


def check_quotes(version: Version) -> int:
    """Loads the version and quotes stones of its hold-out; returns their number.

    Raises ``BadVersionFile`` when the quotes or labels differ from those that were saved; any other error
    means that the version cannot be loaded.
    """
    pricer, evaluation = load_pricer(version), Evaluation.load(version.folder)
    pricer.estimator.load_rest()
    _check_labels(version, evaluation)
    stones = evaluation.stones.head(_STONES)
    quoted = pricer.learned_prices(matrix_of(stones))
    difference = float(np.abs(quoted / stones["predicted"].to_numpy("float64") - 1).max())
    if not difference <= _TOLERANCE:
        raise BadVersionFile(
            f"It quotes stones of its hold-out up to {difference:.1%} off what it quoted when it was saved."
        )
    _check_index(version)
    return len(stones)


def _check_labels(version: Version, evaluation: Evaluation) -> None:
    if REPORTED_ROWS in version.labels:
        evaluation = evaluation.reported()
        _check_number(version, REPORTED_ROWS, len(evaluation.stones))
    for name, measured in evaluation.metrics().labels().items():
        if not _agree(version.labels[name], measured):
            raise BadVersionFile(
                f"Its label {name} is {version.labels[name]}, but its hold-out says {measured}."
            )


def _agree(label: str, measured: str) -> bool:
    """Whether both say the same, or both that there is nothing to measure."""
    if not label or not measured:
        return label == measured
    return bool(np.isclose(float(label), float(measured), rtol=1e-4))


def _check_number(version: Version, label: str, stones: int) -> None:
    if int(version.labels[label]) != stones:
        raise BadVersionFile(f"Its label {label} is {version.labels[label]}, but it has {stones} stones.")


def _check_index(version: Version) -> None:
    training = store.training_stones(version)
    if in_hold_out(stone_hashes(training)).any():
        raise BadVersionFile("It learned from stones of the hold-out, on which it would be compared.")
    if CALIBRATION_ROWS in version.labels:
        learned, apart = without_calibration(training)
        _check_number(version, "rows", len(learned))
        _check_number(version, CALIBRATION_ROWS, len(apart))
    else:
        _check_number(version, "rows", len(training))
    with TemporaryDirectory() as place:
        similar.save_index(training, Path(place))
        for path in Path(place).iterdir():
            if path.read_bytes() != (version.folder / path.name).read_bytes():
                raise BadVersionFile(f"Its {path.name} is not the index of its own training stones.")
