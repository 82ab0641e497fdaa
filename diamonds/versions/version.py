"""One version of a model or a dataset: its tag, labels, parameters and the folder with its files."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from diamonds.models import Parameters

MEMBERS = "members"
"""Label of an ensemble's version: the tags of the versions that it was made of."""
CALIBRATION_ROWS = "calibration_rows"
"""Label of a version: how many stones were set apart for calibration, besides the ``rows`` learned from."""
REPORTED_ROWS = "reported_rows"
"""Label of a version: on how many stones of the hold-out the metrics of its labels were measured.

Versions without these two are from before: their metrics are of the whole hold-out, and ``rows`` counts both.
"""
SOLD_UNTIL = "sold_until"
"""Label of a version: the day of the newest sale among its stones; empty where these have no dates."""
READ_ON = "read_on"
"""Label of a version: the day on which its stones were read for the first time, in UTC."""
UNDOES = "undoes"
"""Label of a champion that a rollback brought back: the tag of the one that it replaced."""
REQUEST = "request"
"""Label of a champion: the id of the request that promoted it, if that may be sent again."""
PROMOTION = "promotion"
"""Label of a champion: the number of its promotion, which orders the history whatever the clock says."""
ACCEPTED = "accepted"
"""Label of a version: the number of its acceptance, the highest of which quotes for its model's name.

Or why it has none: ``NOT_ACCEPTED`` or ``NOT_BETTER``. A version without the label may quote for the name.
"""
NOT_ACCEPTED = "no"
"""It came from elsewhere, and nobody has accepted it: it starts no search and joins no ensemble either."""
NOT_BETTER = "not better"
"""It was trained here, and is not known to be better than the version that quotes for its model's name."""
IMPORTED = "imported"
"""Label of a version that came from elsewhere: the time when it did."""


@dataclass(frozen=True, slots=True)
class Version:
    """One entry of the model store; ``labels`` carry its metrics and lineage as strings."""

    tag: str
    created_at: datetime
    labels: dict[str, str]
    parameters: Parameters
    folder: Path

    @property
    def model(self) -> str:
        return self.labels["model"]

    @property
    def source_tag(self) -> str:
        """The tag under which the version was first saved, also of a champion, which is a copy."""
        return self.labels.get("source", self.tag)

    @property
    def is_trusted(self) -> bool:
        """Whether it may start searches and join ensembles: it was trained here, or somebody accepted it."""
        return self.labels.get(ACCEPTED) != NOT_ACCEPTED

    @property
    def is_accepted(self) -> bool:
        """Whether it may quote for its model's name."""
        return self.labels.get(ACCEPTED) not in (NOT_ACCEPTED, NOT_BETTER)

    @property
    def out_of_fold_mae_usd(self) -> float:
        """The error on the stones learned from, each by a model of the other folds; else on the hold-out."""
        return float(self.labels.get("out_of_fold_mae") or self.mae_usd)

    @property
    def mae_usd(self) -> float:
        return float(self.labels["mae"])
