"""Reports what a fault did: what clients saw, and what is in the record."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from tests.faults.load import SEED, Verdict

PROPERTY = "fault"


@dataclass(frozen=True, slots=True)
class Report:
    """Attaches figures to the running test, where ``benchmarks.faults`` finds them for its table."""

    record_property: Callable[[str, object], None]

    def __call__(self, fault: str, verdict: Verdict) -> None:
        figures = {"fault": fault.replace("_", " "), "seed": SEED, **asdict(verdict)}
        self.record_property(PROPERTY, json.dumps(figures))
        print(f"\n{fault} (seed {SEED}): {verdict}")  # noqa: T201 - the summary that the tests are for
