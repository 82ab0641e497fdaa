"""The flow that trains models on fresh stones, keeps them as versions and promotes the best."""

from collections.abc import Sequence
from typing import Any

from prefect import State, flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, wait
from prefect.states import Completed
from prefect.task_runners import ProcessPoolTaskRunner

from diamonds.dataset import Dataset, TooManySetAside, load_dataset, report_in
from diamonds.models import REGISTRY, ModelSpec, spec_named
from diamonds.settings import settings
from diamonds.training.budget import Effort
from diamonds.training.parallel import waves
from diamonds.versions import datasets
from diamonds.versions.promotion import Decision, promote_best
from diamonds.versions.version import Version
from flows.artifacts import progress_artifact, show_card, show_dataset, show_decision, show_versions

NOTHING_NEW = Decision(False, "Nothing changed since the kept versions were trained; nothing was trained.")


class NothingTrained(RuntimeError):
    """Every model that was to be trained failed."""


@flow(
    name="train",
    task_runner=ProcessPoolTaskRunner(),  # type: ignore[arg-type] # invariant over there
)
def train(
    models: list[str] | None = None,
    data: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    force: bool = False,
    minutes: float | None = None,
) -> State[Decision]:
    """Trains every model, or the ones named, and promotes the best.

    What is left out comes from the settings. A search ends after ``trials`` or ``minutes``. A model is
    trained again only where its data, code or effort changed, or with ``force``. One that fails is named,
    with its reason, in the message of the run's state; the others are saved all the same.
    """
    specs = [spec_named(name) for name in models or REGISTRY]
    effort = Effort.chosen(trials, seed, force, minutes)
    dataset = load(data or settings().data)
    versions, failures = outcomes(train_models(specs, dataset, effort))
    show_versions(versions)
    decision = promote(new) if (new := trained_by_this_run(versions)) else NOTHING_NEW
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
def load(data: str) -> Dataset:
    """Reads, cleans, splits and keeps the stones; tries again when the place they are in does not answer."""
    try:
        dataset = load_dataset(data)
    except TooManySetAside as error:
        show_dataset(error.report)
        raise
    show_dataset(report_in(datasets.save(dataset).folder))
    return dataset


def train_models(
    specs: Sequence[ModelSpec], dataset: Dataset, effort: Effort
) -> dict[str, PrefectFuture[Version]]:
    """Trains the models, each in a process of its own; ensembles when their members are there."""
    futures: dict[str, PrefectFuture[Version]] = {}
    for wave in waves(specs):
        futures |= {spec.name: train_model.submit(spec.name, dataset, effort) for spec in wave}
        wait(list(futures.values()))
    return futures


@task(task_run_name="train-{name}", cache_policy=NO_CACHE)
def train_model(name: str, dataset: Dataset, effort: Effort) -> Version:
    """Trains, judges and saves one model, unless a version of just this origin is kept."""
    spec = spec_named(name)
    if kept := effort.kept(spec, dataset.fingerprint):
        get_run_logger().info("Nothing changed since %s was trained.", kept.tag)
        return kept
    with progress_artifact(name) as progress:
        version = effort.train(spec, dataset, progress=progress, flow_run=str(runtime.flow_run.id))
    show_card(version)
    return version


@task(cache_policy=NO_CACHE)
def promote(versions: list[Version]) -> Decision:
    """Lets the best version meet the champion."""
    return promote_best(versions)


def outcomes(futures: dict[str, PrefectFuture[Version]]) -> tuple[list[Version], dict[str, str]]:
    """The versions of the models and, by name, why others have none.

    Raises ``NothingTrained`` when there is no version at all.
    """
    failures = {
        name: str(future.state.message) for name, future in futures.items() if not future.state.is_completed()
    }
    versions = [future.result() for name, future in futures.items() if name not in failures]
    if not versions:
        raise NothingTrained(_sentence(failures))
    return versions, failures


def trained_by_this_run(versions: Sequence[Version]) -> list[Version]:
    """Those of the versions that were not there before."""
    return [version for version in versions if version.labels["flow_run"] == str(runtime.flow_run.id)]


def summary(decision: Decision, failures: dict[str, str]) -> str:
    """What became of the run, in a line or two."""
    return "\n".join([decision.reason, *([_sentence(failures)] if failures else [])])


def _sentence(failures: dict[str, str]) -> str:
    return "; ".join(f"{name} failed: {reason}" for name, reason in failures.items())
