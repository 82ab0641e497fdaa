"""Trains models whose packages are not among ours, each in an environment of its own, on the same rows."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.environments import python_with
from diamonds.diamond import FEATURES
from diamonds.models.features import matrix_of
from diamonds.settings import PROJECT

_PARQUET = ("pandas", "pyarrow")
PEERS = {
    "tabm": ("tabm", "rtdl-num-embeddings", "torch", "scikit-learn", *_PARQUET),
    "autogluon": ("autogluon.tabular[lightgbm,catboost,xgboost]", *_PARQUET),
}
"""The packages that each peer needs; the module ``benchmarks.peers.NAME_model`` trains it."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Which peers train, for how long at most, and the size of TabM: None is as published."""

    names: Sequence[str] = ()
    minutes: float = 60
    members: int | None = None
    width: int | None = None

    def results(self, learn: pd.DataFrame, judge: pd.DataFrame) -> Iterator[tuple[str, list[float]]]:
        """The name of each model, what ``judged`` says of it, and the seconds that it trained."""
        with tempfile.TemporaryDirectory() as name:
            files = [Path(name) / "learn.parquet", Path(name) / "judge.parquet"]
            for stones, file in zip((learn, judge), files, strict=True):
                features = pd.DataFrame(matrix_of(stones), columns=FEATURES)
                features.assign(price=stones["price"].to_numpy("float64")).to_parquet(file)
            for peer in self.names:
                yield self._result(peer, files)

    def _result(self, peer: str, files: list[Path]) -> tuple[str, list[float]]:
        sizes = {"--minutes": self.minutes, "--members": self.members, "--width": self.width}
        options = [part for name, size in sizes.items() if size for part in (name, str(size))]
        module = f"benchmarks.peers.{peer}_model"
        command = [str(python_with(peer, *PEERS[peer])), "-m", module, *map(str, files), *options]
        output = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True).stdout
        result = json.loads(output.splitlines()[-1])
        return result["name"], result["results"]
