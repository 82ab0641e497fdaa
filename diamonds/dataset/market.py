"""The market that one instance serves: the shape, origin, treatment and currency of its stones."""

from dataclasses import dataclass
from typing import Self

from diamonds.settings import settings

ANY = "any"


@dataclass(frozen=True, slots=True)
class Market:
    """What stones of a dataset have in common; ``any`` keeps all kinds."""

    shape: str = "round"
    origin: str = "natural"
    treatment: str = "untreated"
    currency: str = "USD"

    @classmethod
    def of_settings(cls) -> Self:
        """The market that the settings choose."""
        chosen = settings()
        return cls(chosen.shape, chosen.origin, chosen.treatment, chosen.currency)

    @property
    def is_usual(self) -> bool:
        """Whether its prices compare with those of the classic stones: round, natural, untreated, in USD."""
        return self == Market()
