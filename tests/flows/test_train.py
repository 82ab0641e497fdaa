"""The flow, run against a real Prefect server with a process pool, on a few real stones."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from diamonds.versions import store
from flows.train import train
from tests.processes import training_processes

QUICK = ["linear", "mlp"]

pytestmark = pytest.mark.usefixtures("prefect_server", "empty_model_store", "market_of_few_stones")


def test_a_run_keeps_a_version_of_every_model_and_promotes_the_best(few_stones: Path) -> None:
    state = train(models=QUICK, data=str(few_stones), trials=1, return_state=True)

    newest = {name: store.versions(name)[0] for name in QUICK}
    best = min(newest.values(), key=lambda version: version.mae_usd)
    champion = store.champion()
    assert state.is_completed()
    assert champion is not None
    assert champion.labels["source"] == best.tag
    assert champion.labels["reason"] in str(state.message)
    run_id = UUID(champion.labels["flow_run"])
    assert {version.labels["flow_run"] for version in newest.values()} == {str(run_id)}
    assert artifact_keys(run_id) == {
        "dataset",
        "versions",
        "promotion",
        *(f"{what}-{name}" for name in QUICK for what in ("training", "card")),
    }


def test_a_run_where_nothing_changed_trains_only_what_is_forced(few_stones: Path) -> None:
    again = partial(train, models=["linear"], data=str(few_stones), trials=1, return_state=True)

    again()
    assert "nothing was trained" in str(again().message)
    assert len(store.versions("linear")) == 1
    again(force=True)
    assert len(store.versions("linear")) == 2
    again(seed=5)
    assert len(store.versions("linear")) == 3


def test_a_model_that_fails_does_not_sink_the_others(few_stones: Path, empty_model_store: Path) -> None:
    in_the_way_of("mlp", empty_model_store)

    state = train(models=QUICK, data=str(few_stones), trials=1, return_state=True)

    champion = store.champion()
    assert champion is not None
    assert champion.model == "linear"
    assert state.is_completed()
    assert "mlp failed: " in str(state.message)


def test_a_run_where_every_model_fails_fails_with_the_reasons(
    few_stones: Path, empty_model_store: Path
) -> None:
    in_the_way_of("linear", empty_model_store)

    state = train(models=["linear"], data=str(few_stones), trials=1, return_state=True)

    assert state.is_failed()
    assert "linear failed: " in str(state.message)


def test_a_model_that_nobody_registered_is_refused_before_any_work(few_stones: Path) -> None:
    state = train(models=["guess"], data=str(few_stones), return_state=True)

    assert state.is_failed()
    assert "Got model='guess'; expected one of linear, " in str(state.message)


def test_a_file_of_the_server_is_not_read_for_whoever_starts_a_run() -> None:
    state = train(models=["linear"], data="/etc/hostname", return_state=True)

    assert state.is_failed()
    assert "Got data='/etc/hostname'; expected the configured data, an upload" in str(state.message)


def test_two_trainings_of_one_model_at_once_train_it_once(
    deployed: SyncPrefectClient, few_stones: Path
) -> None:
    again = partial(train, models=["linear"], data=str(few_stones), trials=1, return_state=True)
    with ThreadPoolExecutor(2) as pool:
        states = list(pool.map(lambda _: again(), range(2)))

    assert [state.is_completed() for state in states] == [True, True]
    assert len(store.versions("linear")) == 1


def test_a_training_ends_with_all_its_processes_when_its_time_is_over(few_stones: Path) -> None:
    quick = train.with_options(timeout_seconds=12)

    state = quick(models=["mlp"], data=str(few_stones), trials=500, return_state=True)

    assert state.is_failed()
    assert "exceeded timeout of 12" in str(state.message)
    assert len(training_processes(os.getpid())) == 1  # the one that is copied


def in_the_way_of(name: str, home: Path) -> None:
    """A file where the versions of a model should go: saving it fails, whoever tries."""
    (home / "models" / f"diamonds-{name}").write_text("in the way")


def artifact_keys(run_id: UUID) -> set[str | None]:
    with get_client(sync_client=True) as client:
        of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        return {artifact.key for artifact in client.read_artifacts(artifact_filter=of_run)}


def test_the_columns_of_data_without_a_header_are_a_parameter(few_stones: Path, tmp_path: Path) -> None:
    header, *lines = few_stones.read_text().splitlines(keepends=True)
    bare = tmp_path / "bare.csv"
    bare.write_text("".join(lines))

    state = train(
        models=["linear"],
        data=str(bare),
        columns=header.strip().replace('"', ""),
        trials=1,
        return_state=True,
    )

    assert state.is_completed()
    (version,) = store.versions("linear")
    assert int(version.labels["rows"]) > 1_000
