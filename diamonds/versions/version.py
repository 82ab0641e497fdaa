"""One version of a model or a dataset: its tag, labels, parameters and the folder with its files."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from diamonds.models import Parameters

MEMBERS = "members"
"""Label of an ensemble's version: the tags of the versions that it was made of."""
UNDOES = "undoes"
"""Label of a champion that a rollback brought back: the tag of the one that it replaced."""
REQUEST = "request"
"""Label of a champion: the id of the request that promoted it, if that may be sent again."""
PROMOTION = "promotion"
"""Label of a champion: the number of its promotion, which orders the history whatever the clock says."""
ACCEPTED = "accepted"
"""Label of a version: ``NOT_ACCEPTED`` until it may quote by its model's name; without it, it may."""
NOT_ACCEPTED = "no"


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
    def is_accepted(self) -> bool:
        """Whether it quotes for its model's name, starts searches and joins ensembles."""
        return self.labels.get(ACCEPTED) != NOT_ACCEPTED

    @property
    def mae_usd(self) -> float:
        return float(self.labels["mae"])
