"""TabM with piecewise-linear embeddings, with the parameters that its authors published for diamonds.

https://github.com/yandex-research/tabm, exp/tabm-piecewiselinear/diamond. Training ends with the time, or
after 16 epochs without a lower error on 15% of the stones; the best epoch counts.

Run by a Python that has `tabm`.
"""

import copy
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found]
from rtdl_num_embeddings import (  # type: ignore[import-not-found]
    PiecewiseLinearEmbeddings,
    compute_bins,
)
from sklearn.preprocessing import QuantileTransformer
from tabm import TabM  # type: ignore[import-not-found]

from benchmarks.judging import Floats, Predict
from benchmarks.peers.learner import GRADES, Budget, Stones, run

MEMBERS, BLOCKS, WIDTH = 32, 4, 464
BINS, EMBEDDING = 108, 32
LEARNING_RATE, WEIGHT_DECAY, CLIPPED_NORM = 0.003627593966117499, 0.00024217354447552756, 1.0
BATCH, PATIENCE = 512, 16
UNSEEN = 0.15
_AT_ONCE = 2048
_NOISE = 1e-3


class Inputs:
    """What the network takes: normal scores of the measures, and codes of the grades from 0."""

    def __init__(self, stones: Stones, generator: np.random.Generator) -> None:
        is_grade = np.isin(stones.columns, GRADES)
        self._measures, self._grades = np.flatnonzero(~is_grade), np.flatnonzero(is_grade)
        measures = stones.matrix[:, self._measures]
        self._usual = np.nanmedian(measures, axis=0)
        self._scores = QuantileTransformer(
            output_distribution="normal",
            n_quantiles=max(min(len(measures) // 30, 1000), 10),
            subsample=None,
        ).fit(
            self._filled(measures) + generator.normal(0, _NOISE * np.nanstd(measures, axis=0), measures.shape)
        )
        self._known = [np.unique(stones.matrix[:, column]) for column in self._grades]

    @property
    def cardinalities(self) -> list[int]:
        """How many grades of each kind there are."""
        return [len(known) for known in self._known]

    def of(self, matrix: Floats) -> tuple[Any, Any]:
        """The two tensors of stones; a grade that no stone had counts as the next better one."""
        scores = self._scores.transform(self._filled(matrix[:, self._measures]))
        codes = [
            np.searchsorted(known, matrix[:, column]).clip(max=len(known) - 1)
            for known, column in zip(self._known, self._grades, strict=True)
        ]
        return torch.tensor(scores, dtype=torch.float32), torch.tensor(np.column_stack(codes))

    def _filled(self, measures: Floats) -> Floats:
        return np.where(np.isnan(measures), self._usual, measures)


@dataclass(frozen=True, slots=True)
class Rows:
    """Stones as the network takes them, with their standardised prices."""

    scores: Any
    grades: Any
    target: Any

    def __getitem__(self, rows: Any) -> "Rows":
        return Rows(self.scores[rows], self.grades[rows], self.target[rows])

    def batches(self) -> Iterator["Rows"]:
        """All of them once, shuffled."""
        return (self[rows] for rows in torch.randperm(len(self.target)).split(BATCH))


def train(stones: Stones, budget: Budget) -> tuple[str, Predict]:
    torch.manual_seed(0)
    inputs = Inputs(stones, np.random.default_rng(0))
    mean_usd, deviation_usd = stones.price_usd.mean(), stones.price_usd.std()
    target = torch.tensor((stones.price_usd - mean_usd) / deviation_usd, dtype=torch.float32)
    rows = Rows(*inputs.of(stones.matrix), target)
    order = torch.randperm(len(target))
    unseen, seen = rows[order[: int(len(order) * UNSEEN)]], rows[order[int(len(order) * UNSEEN) :]]
    members, width = budget.members or MEMBERS, budget.width or WIDTH
    network = _network(seen, inputs.cardinalities, members, width)
    _fit(network, seen, unseen, budget.minutes)

    def predict(matrix: Floats) -> Floats:
        return np.asarray(_prices(network, *inputs.of(matrix)).numpy() * deviation_usd + mean_usd, "float64")

    shape = f"{members} members, {BLOCKS} layers of {width}"
    return f"TabM {version('tabm')}, {shape}, at most {budget.minutes:g} minutes", predict


def _network(rows: Rows, cardinalities: list[int], members: int, width: int) -> Any:
    bins = compute_bins(rows.scores, n_bins=min(BINS, len(rows.target) // 2))
    embeddings = PiecewiseLinearEmbeddings(bins, EMBEDDING, activation=False, version="B")
    return TabM.make(
        n_num_features=rows.scores.shape[1],
        cat_cardinalities=cardinalities,
        d_out=1,
        num_embeddings=embeddings,
        k=members,
        n_blocks=BLOCKS,
        d_block=width,
        dropout=0.0,
    )


def _fit(network: Any, seen: Rows, unseen: Rows, minutes: float) -> None:
    """Trains the network to the best of its epochs, and says on stderr which that was of how many."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    deadline, epoch, best_epoch, best, lowest = time.monotonic() + minutes * 60, 0, 0, None, float("inf")
    while epoch - best_epoch < PATIENCE and (time.monotonic() < deadline or not epoch):
        epoch += 1
        _learn(network, optimizer, seen)
        error = float((_prices(network, unseen.scores, unseen.grades) - unseen.target).square().mean())
        if error < lowest:
            best_epoch, lowest, best = epoch, error, copy.deepcopy(network.state_dict())
    network.load_state_dict(best)
    print(f"epoch {best_epoch} of {epoch} is the best", file=sys.stderr)


def _learn(network: Any, optimizer: Any, seen: Rows) -> None:
    network.train()
    for batch in seen.batches():
        optimizer.zero_grad()
        errors = network(batch.scores, batch.grades).squeeze(-1) - batch.target[:, None]
        errors.square().mean().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIPPED_NORM)
        optimizer.step()


def _prices(network: Any, scores: Any, grades: Any) -> Any:
    """The standardised prices, means of the members."""
    network.eval()
    with torch.inference_mode():
        parts = zip(scores.split(_AT_ONCE), grades.split(_AT_ONCE), strict=True)
        return torch.cat([network(*part).squeeze(-1).mean(1) for part in parts])


if __name__ == "__main__":
    torch.set_num_threads(torch.multiprocessing.cpu_count())
    run(train)
