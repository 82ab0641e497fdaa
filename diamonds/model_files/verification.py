"""Whether the files of a version are what was saved, and quote as they did when they were saved."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from diamonds.evaluation.metrics import Judged
from diamonds.evaluation.model_card import CARD
from diamonds.model_files.errors import BadVersionFile
from diamonds.model_files.metadata import MODEL_YAML
from diamonds.models.features import matrix_of
from diamonds.pricing import similar
from diamonds.pricing.pricer import load_pricer
from diamonds.versions import store
from diamonds.versions.store import MANIFEST, DamagedVersion, Version

_STONES = 2000
_TOLERANCE = 1e-3
"""Share of a price by which processors may differ."""


def check_files(version: Version) -> int:
    """How many files the manifest names; raises ``BadVersionFile`` unless there are just these, unchanged."""
    try:
        named = json.loads((version.folder / MANIFEST).read_text())
        store.check(version)
    except FileNotFoundError as error:
        raise BadVersionFile(f"It holds no {MANIFEST}.") from error
    except (ValueError, AttributeError) as error:
        raise BadVersionFile(f"Its {MANIFEST} does not name files with their SHA-256.") from error
    except DamagedVersion as error:
        raise BadVersionFile(str(error)) from error
    found = {
        path.relative_to(version.folder).as_posix() for path in version.folder.rglob("*") if path.is_file()
    }
    if unexpected := sorted(found - set(named) - {MANIFEST, MODEL_YAML}):
        raise BadVersionFile(f"It holds {unexpected[0]!r}, which its {MANIFEST} does not name.")
    if CARD not in named:
        raise BadVersionFile(f"It holds no {CARD}.")
    return len(named)


def check_quotes(version: Version) -> int:
    """Loads the version and has it quote stones of its hold-out, whose number is given.

    Raises ``BadVersionFile`` when its quotes or its labels are not what was saved beside them; whatever else
    is raised means that it cannot be loaded.
    """
    pricer, judged = load_pricer(version), Judged.load(version.folder)
    _check_labels(version, judged)
    stones = judged.stones.head(_STONES)
    quoted = np.array(pricer.quotes(matrix_of(stones)).price)
    apart = float(np.abs(quoted / stones["predicted"].to_numpy("float64") - 1).max())
    if not apart <= _TOLERANCE:
        raise BadVersionFile(f"It quotes stones of its hold-out up to {apart:.1%} unlike when it was judged.")
    _check_index(version)
    return len(stones)


def _check_labels(version: Version, judged: Judged) -> None:
    for name, measured in judged.metrics().labels().items():
        if not np.isclose(float(version.labels[name]), float(measured), rtol=1e-4):
            raise BadVersionFile(
                f"Its label {name} is {version.labels[name]}, but its hold-out says {measured}."
            )


def _check_index(version: Version) -> None:
    training = store.training_stones(version)
    if len(training) != int(version.labels["rows"]):
        raise BadVersionFile(
            f"Its label rows is {version.labels['rows']}, but it has {len(training)} stones."
        )
    with TemporaryDirectory() as place:
        similar.save_index(training, Path(place))
        for path in Path(place).iterdir():
            if path.read_bytes() != (version.folder / path.name).read_bytes():
                raise BadVersionFile(f"Its {path.name} is not the index of its own training stones.")
