"""The flow, run against a real Prefect server with a process pool, on a few real stones."""

from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from diamonds import model_store
from diamonds.models import REGISTRY
from flows.train import train

pytestmark = pytest.mark.usefixtures("prefect_server", "empty_model_store")


def test_a_run_keeps_a_version_of_every_model_and_promotes_the_best(few_stones: Path) -> None:
    state = train(data=str(few_stones), trials=1, return_state=True)

    newest = {name: model_store.versions(name)[0] for name in REGISTRY}
    best = min(newest.values(), key=lambda version: version.mae_usd)
    champion = model_store.champion()
    assert state.is_completed()
    assert champion is not None
    assert champion.labels["source"] == best.tag
    assert champion.labels["reason"] in str(state.message)
    run_id = UUID(champion.labels["flow_run"])
    assert {version.labels["flow_run"] for version in newest.values()} == {str(run_id)}
    assert artifact_keys(run_id) == {"versions", "promotion", *(f"training-{name}" for name in REGISTRY)}


def test_a_run_trains_only_the_models_that_are_named(few_stones: Path) -> None:
    train(models=["linear"], data=str(few_stones), trials=1)

    assert len(model_store.versions("linear")) == 1
    assert model_store.versions("xgboost") == []


def test_a_model_that_fails_does_not_sink_the_others(few_stones: Path, empty_model_store: Path) -> None:
    # A file where the versions of a model should go: saving this one model fails, whoever tries.
    (empty_model_store / "models" / "diamonds-xgboost").write_text("in the way")

    state = train(data=str(few_stones), trials=1, return_state=True)

    champion = model_store.champion()
    assert champion is not None
    assert champion.model == "linear"
    assert state.is_completed()
    assert "xgboost failed: " in str(state.message)


def test_a_run_where_every_model_fails_fails_with_the_reasons(
    few_stones: Path, empty_model_store: Path
) -> None:
    (empty_model_store / "models" / "diamonds-linear").write_text("in the way")

    state = train(models=["linear"], data=str(few_stones), trials=1, return_state=True)

    assert state.is_failed()
    assert "linear failed: " in str(state.message)


def test_a_model_that_nobody_registered_is_refused_before_any_work(few_stones: Path) -> None:
    state = train(models=["guess"], data=str(few_stones), return_state=True)

    assert state.is_failed()
    assert "Got model='guess'; expected one of linear, xgboost." in str(state.message)


def artifact_keys(run_id: UUID) -> set[str | None]:
    with get_client(sync_client=True) as client:
        of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        return {artifact.key for artifact in client.read_artifacts(artifact_filter=of_run)}
