"""The benchmarks that ``make benchmark`` runs, the quick ones first."""

import ast
from dataclasses import dataclass

from diamonds.settings import PROJECT


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module of this package with its arguments, and the longest time that it may take."""

    name: str
    arguments: tuple[str, ...] = ()
    minutes: float = 10
    quotes: bool = False
    """Whether it needs a champion in the model store."""
    drawn: str | None = None
    """The column of its table that is drawn as bars."""

    @property
    def command(self) -> str:
        """What runs it, as one types it."""
        return " ".join(["python", "-m", f"benchmarks.{self.name}", *self.arguments])

    @property
    def title(self) -> str:
        """What it measures: the first sentence of its module."""
        module = ast.parse((PROJECT / "benchmarks" / f"{self.name}.py").read_text())
        return (ast.get_docstring(module) or "").partition("\n\n")[0].replace("\n", " ")


LISTED = (
    Benchmark("bodies", drawn="ratio"),
    Benchmark("recorder"),
    Benchmark("promotion"),
    Benchmark("explanation", quotes=True),
    Benchmark("serving", minutes=20, quotes=True, drawn="requests/s"),
    Benchmark("footprint", minutes=20, quotes=True, drawn="memory, MB"),
    Benchmark("recording", minutes=15, quotes=True),
    Benchmark("keys", quotes=True),
    Benchmark("hostile", quotes=True),
    Benchmark("steps", minutes=40, quotes=True),
    Benchmark("similar", ("--stones", "10000000"), minutes=20),
    Benchmark("dataset", ("--rows", "1000000", "3000000"), minutes=20, drawn="seconds"),
    Benchmark("reading", ("--millions", "1"), minutes=20),
    Benchmark("scaling", minutes=20),
    Benchmark("monitoring", ("--millions", "1"), minutes=30, quotes=True),
    Benchmark("cluster", minutes=20),
    Benchmark("drift", minutes=30),
    Benchmark("tuning", minutes=40),
    Benchmark("accuracy", ("--peers", "tabm", "--members", "8", "--minutes", "30"), minutes=60, drawn="MAE"),
    Benchmark("faults", ("--seeds", "20261125"), minutes=60),
)
"""All modules of this package that measure something."""

NAMES = [benchmark.name for benchmark in LISTED]
