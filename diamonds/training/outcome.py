"""The results of a run by model: a version, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass

from diamonds.versions.version import Version


class NothingTrained(RuntimeError):
    """Every model that was to be trained failed."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The version of one model; ``is_new`` unless it is an earlier one that a training would only repeat."""

    version: Version
    is_new: bool


class ModelFailed(RuntimeError):
    """The library of a model failed; unlike its own error, this one can be read in any process."""


Result = Trained | Exception
"""The version of one model, or why there is none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of all models of a run."""

    results: Mapping[str, Result]

    @property
    def failures(self) -> dict[str, Exception]:
        return {name: result for name, result in self.results.items() if isinstance(result, Exception)}

    @property
    def versions(self) -> list[Version]:
        return [result.version for result in self._trained()]

    @property
    def new(self) -> list[Version]:
        """The versions that this run trained."""
        return [result.version for result in self._trained() if result.is_new]

    @property
    def unchanged(self) -> list[Version]:
        """The versions of models that this run would only have repeated."""
        return [result.version for result in self._trained() if not result.is_new]

    def _trained(self) -> list[Trained]:
        return [result for result in self.results.values() if isinstance(result, Trained)]


def failures_text(failures: Mapping[str, Exception]) -> str:
    """Which models failed and why, on one line."""
    return "; ".join(f"{name} failed: {error}" for name, error in failures.items())
