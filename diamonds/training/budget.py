"""How much work a training may be, and whether it is needed at all."""

from dataclasses import dataclass
from typing import Self

from diamonds.database import database_url
from diamonds.dataset import Dataset
from diamonds.models import ModelSpec
from diamonds.settings import settings
from diamonds.training.fingerprint import kept_version
from diamonds.training.train import train_version
from diamonds.training.tuning import Progress
from diamonds.versions.version import Version

MOST_TRIALS = 100_000
"""As many as nobody waits for: then time is the only bound."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How a training is done: until a search has ``trials`` trials, or for ``minutes``, whichever ends first.

    With ``force`` it is also done where a version of the same origin is kept.
    """

    trials: int
    seed: int
    force: bool = False
    minutes: float | None = None

    @classmethod
    def chosen(
        cls,
        trials: int | None = None,
        seed: int | None = None,
        force: bool = False,
        minutes: float | None = None,
    ) -> Self:
        """The effort, with what is left out from the settings; minutes alone bring what trials they can."""
        usual = settings().trials if minutes is None else MOST_TRIALS
        return cls(trials or usual, settings().seed if seed is None else seed, force, minutes)

    def kept(self, spec: ModelSpec, fingerprint: str) -> Version | None:
        """The version that the training would only repeat, or None; what minutes bring is never known."""
        if self.force or self.minutes is not None:
            return None
        return kept_version(spec, fingerprint, trials=self.trials, seed=self.seed)

    def train(self, spec: ModelSpec, dataset: Dataset, *, progress: Progress, flow_run: str = "") -> Version:
        """Trains and saves a version as ``train_version`` does; searches are kept in the database."""
        return train_version(
            spec,
            dataset,
            trials=self.trials,
            seed=self.seed,
            minutes=self.minutes,
            flow_run=flow_run,
            storage=database_url(),
            progress=progress,
        )
