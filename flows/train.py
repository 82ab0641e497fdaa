"""The flow that trains models on fresh stones, keeps them as versions and promotes the best."""

from typing import Any

from prefect import State, flow, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, wait
from prefect.states import Completed
from prefect.task_runners import ProcessPoolTaskRunner

from diamonds.dataset import Dataset, load_dataset
from diamonds.model_store import Version
from diamonds.models import REGISTRY, spec_named
from diamonds.promotion import Decision, promote_best
from diamonds.settings import settings
from diamonds.training import train_version
from flows.artifacts import progress_artifact, show_decision, show_versions

PROCESSES = 2


class NothingTrained(RuntimeError):
    """Every model that was to be trained failed."""


@flow(
    name="train",
    task_runner=ProcessPoolTaskRunner(max_workers=PROCESSES),  # type: ignore[arg-type] # invariant over there
)
def train(
    models: list[str] | None = None,
    data: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
) -> State[Decision]:
    """Trains every model, or the ones named, and promotes the best.

    What is left out comes from the settings. A model that fails is named, with its reason, in the message of
    the run's state; the others are saved all the same.
    """
    names = [spec_named(name).name for name in models or REGISTRY]
    dataset = load(data)
    versions, failures = outcomes({name: train_model.submit(name, dataset, trials, seed) for name in names})
    show_versions(versions)
    decision = promote(versions)
    show_decision(decision, failures)
    return Completed(message=summary(decision, failures), data=decision)


def _could_not_read(_task: object, _task_run: object, state: State[Any]) -> bool:
    try:
        state.result()
    except Exception as error:  # noqa: BLE001 - only asks what it was; Prefect raises it to the flow
        return isinstance(error.__cause__ or error, OSError)
    return False


@task(
    retries=2,
    retry_delay_seconds=[2, 20],
    retry_condition_fn=_could_not_read,
    cache_policy=NO_CACHE,
)
def load(data: str | None) -> Dataset:
    """Reads, cleans and splits the stones; tries again when the place they are in does not answer."""
    return load_dataset(data or settings().data)


@task(task_run_name="train-{name}", cache_policy=NO_CACHE)
def train_model(name: str, dataset: Dataset, trials: int | None, seed: int | None) -> Version:
    """Trains, judges and saves one model."""
    with progress_artifact(name) as progress:
        return train_version(
            spec_named(name),
            dataset,
            trials=trials or settings().trials,
            seed=settings().seed if seed is None else seed,
            flow_run=str(runtime.flow_run.id),
            progress=progress,
        )


@task(cache_policy=NO_CACHE)
def promote(versions: list[Version]) -> Decision:
    """Lets the best version meet the champion."""
    return promote_best(versions)


def outcomes(futures: dict[str, PrefectFuture[Version]]) -> tuple[list[Version], dict[str, str]]:
    """The versions that were trained and, by name of the model, why the others were not.

    Raises ``NothingTrained`` when there is no version at all.
    """
    wait(list(futures.values()))
    failures = {
        name: str(future.state.message) for name, future in futures.items() if not future.state.is_completed()
    }
    versions = [future.result() for name, future in futures.items() if name not in failures]
    if not versions:
        raise NothingTrained(_sentence(failures))
    return versions, failures


def summary(decision: Decision, failures: dict[str, str]) -> str:
    """What became of the run, in a line or two."""
    return "\n".join([decision.reason, *([_sentence(failures)] if failures else [])])


def _sentence(failures: dict[str, str]) -> str:
    return "; ".join(f"{name} failed: {reason}" for name, reason in failures.items())
