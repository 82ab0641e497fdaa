"""The budget of a training: how long searches may take, their seed, and whether to train unchanged models."""

from dataclasses import dataclass
from typing import Self

from diamonds.settings import settings

UNLIMITED_TRIALS = 100_000
"""More than anybody waits for, so that only the time ends a search."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Each search ends after ``trials`` trials or ``minutes``, whichever comes first.

    With ``force`` a model is trained even if the model store has a version of the same training fingerprint.
    """

    trials: int
    seed: int
    force: bool = False
    minutes: float | None = None

    @classmethod
    def from_settings(
        cls,
        trials: int | None = None,
        seed: int | None = None,
        force: bool = False,
        minutes: float | None = None,
    ) -> Self:
        """The budget with what is left out from the settings; with minutes alone, trials are unlimited."""
        usual = settings().trials if minutes is None else UNLIMITED_TRIALS
        return cls(trials or usual, settings().seed if seed is None else seed, force, minutes)
