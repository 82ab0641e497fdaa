"""A run trains members before ensembles, repeats nothing, and promotes only what it trained."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from diamonds.dataset import Dataset
from diamonds.models import REGISTRY, ModelSpec, spec_named
from diamonds.training.budget import Budget
from diamonds.training.outcome import Outcome, Result
from diamonds.training.run import Executor, Progress, run, waves
from diamonds.training.steps import train_model
from diamonds.training.tuning import OnTrial
from diamonds.versions import store
from diamonds.versions.promotion import Decision

pytestmark = pytest.mark.usefixtures("empty_model_store", "market_of_few_stones")


class InThisProcess(Executor):
    """Trains one model after the other, in the flow run of that id."""

    def __init__(self, flow_run: str = "") -> None:
        super().__init__()
        self.flow_run = flow_run

    def train(
        self, wave: Sequence[ModelSpec], dataset: Dataset, budget: Budget, progress: Progress
    ) -> Iterator[tuple[str, Result]]:
        for spec in wave:
            yield spec.name, train_model(spec.name, dataset, budget, unseen, flow_run=self.flow_run)


@contextmanager
def unseen(_model: str) -> Iterator[OnTrial]:
    yield lambda done, total: None


def run_linear(data: Path, flow_run: str = "") -> tuple[Outcome, Decision | None]:
    specs = [spec_named("linear")]
    return run(specs, str(data), Budget(trials=1, seed=0), InThisProcess(flow_run), Progress())


def test_ensembles_are_trained_after_their_members() -> None:
    ensemble, *others = reversed(REGISTRY.values())

    members, ensembles = waves([ensemble, *others])

    assert ensembles == [ensemble]
    assert set(ensemble.members) <= {spec.name for spec in members}


def test_the_first_version_is_promoted_and_never_trained_again(few_stones: Path) -> None:
    outcome, decision = run_linear(few_stones)
    again, no_decision = run_linear(few_stones)

    assert decision is not None
    assert decision.promote
    assert again.unchanged == outcome.new == store.versions("linear")
    assert again.new == []
    assert no_decision is None


def test_a_flow_run_that_is_tried_again_promotes_what_its_first_attempt_trained(few_stones: Path) -> None:
    first, _ = run_linear(few_stones, flow_run="1")
    other, _ = run_linear(few_stones, flow_run="2")
    again, decision = run_linear(few_stones, flow_run="1")

    assert other.new == []
    assert again.new == first.new
    assert decision is not None


def test_where_the_champion_is_damaged_its_whole_version_is_promoted_again(few_stones: Path) -> None:
    run_linear(few_stones)
    damage_champion()

    outcome, decision = run_linear(few_stones)

    assert outcome.new == []
    assert decision is not None
    assert decision.promote
    assert "the champion is damaged. coefficients.json of diamonds-champion:" in decision.reason


def test_a_damaged_version_is_trained_again(few_stones: Path) -> None:
    first, _ = run_linear(few_stones)
    damage_champion()
    (first.new[0].folder / "model.yaml").write_text("name: dia")

    outcome, decision = run_linear(few_stones)

    assert outcome.new == store.versions("linear")
    assert decision is not None
    assert decision.promote


def test_what_learned_from_another_file_quotes_neither_by_itself_nor_for_its_models_name(
    few_stones: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("".join(few_stones.read_text().splitlines(keepends=True)[:1500]))

    outcome, decision = run_linear(other)

    assert decision is not None
    assert not decision.promote
    assert f"other.csv, which is not the market that is configured ({few_stones})" in decision.reason
    assert f"`diamonds promote {outcome.new[0].tag}` lets it" in decision.reason
    assert store.champion() is None
    assert store.newest("linear") is None


def damage_champion() -> None:
    champion = store.champion()
    assert champion is not None
    (champion.folder / "coefficients.json").unlink()
