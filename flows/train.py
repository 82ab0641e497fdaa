"""The flow that trains models on fresh stones, saves them as versions and promotes the best."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import active_children
from typing import Any

from prefect import State, flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.concurrency.sync import concurrency
from prefect.events import emit_event
from prefect.futures import PrefectFuture, wait
from prefect.states import Completed

from diamonds.dataset import ColumnMapping, Dataset, TooManySetAside
from diamonds.models import REGISTRY, ModelSpec, spec_named
from diamonds.settings import settings
from diamonds.training import steps
from diamonds.training.budget import Budget
from diamonds.training.cluster import trained_by_workers, workers_ready
from diamonds.training.elsewhere import StoredDataset, result_here, share
from diamonds.training.outcome import Outcome, Result, Trained, failures_text
from diamonds.training.run import Executor, Progress, run
from diamonds.training.sources import check_source
from diamonds.versions.promotion import Decision, promote_best
from diamonds.versions.version import Version
from flows.artifacts import progress_artifact, show_card, show_dataset, show_decision, show_versions
from flows.cluster import task_runner
from flows.pool import slot_of
from flows.retries import could_not_read, store_away

PROMOTED = "diamonds.champion.promoted"
"""The event of a promotion: see ``automations.yaml``."""
LEASE_S = 120
"""How long after its worker died a model waits until another one may train it, in seconds."""
LOST = "The process that trained it ended; was there enough memory?"
NOTHING_NEW = Decision(False, "Nothing changed since the kept versions were trained; nothing was trained.")


class TaskFailed(RuntimeError):
    """The task that trains a model failed; the message is that of its state."""


@flow(
    name="train",
    timeout_seconds=12 * 3600,
    task_runner=task_runner(),
)
def train(
    models: list[str] | None = None,
    data: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    force: bool = False,
    minutes: float | None = None,
    columns: str | None = None,
    mapping: str | None = None,
    candidates_only: bool = False,
) -> State[Decision]:
    """Loads the stones, trains every model or those in ``models``, and promotes the best.

    With ``candidates_only`` the champion stays, whatever the errors of the new versions.

    What is left out comes from the settings. ``columns`` are the names of the columns of data without a
    header, separated by commas; ``mapping`` is the name of a saved mapping of its columns. A search ends
    after ``trials`` or ``minutes``. A model is trained again only where its data, code or budget changed, or
    with ``force``. The state's message lists the models that failed with their reasons; the others are saved
    all the same.
    """
    specs = [spec_named(name) for name in models or REGISTRY]
    budget = Budget.from_settings(trials, seed, force, minutes)
    tasks = Tasks(ColumnMapping.chosen(mapping, columns))
    outcome, decision = run(
        specs, data or settings().data, budget, tasks, Artifacts(), candidates_only=candidates_only
    )
    decision = decision or NOTHING_NEW
    show_decision(decision, outcome.failures)
    return Completed(message=summary(decision, outcome.failures), data=decision)


class Tasks(Executor):
    """Executes each step of a run as a task."""

    def load(self, data: str) -> Dataset:
        return load(data, self.mapping)

    def train(
        self, wave: Sequence[ModelSpec], dataset: Dataset, budget: Budget, progress: Progress
    ) -> Iterator[tuple[str, Result]]:
        """Submits the models of a wave to the processes or workers, which show their own progress."""
        names = [spec.name for spec in wave]
        if settings().dask_scheduler:
            yield from _trained_by_workers(names, StoredDataset.of(dataset), budget)
            return
        futures = {name: train_model.submit(name, dataset, budget) for name in names}
        with _hung_processes_killed():
            wait(list(futures.values()))
        for name, future in futures.items():
            yield name, _result(future)

    def training(self) -> AbstractContextManager[object]:
        return workers_ready() if settings().dask_scheduler else nullcontext()

    def promote(self, versions: list[Version]) -> Decision:
        return promote(versions)


def _trained_by_workers(
    names: list[str], stones: StoredDataset, budget: Budget
) -> Iterator[tuple[str, Result]]:
    def submit(_client: object, name: str) -> Any:
        return train_model.submit(name, stones, budget)

    for name, ended in trained_by_workers(names, submit, lambda future: future.wrapped_future):
        result = ended if isinstance(ended, Exception) else _result(ended)
        yield name, result_here(result) if isinstance(result, Trained) else result


@contextmanager
def _hung_processes_killed() -> Iterator[None]:
    """Kills the task runner's processes when the flow's time is over, where it would wait for them."""
    ended = False
    try:
        yield
        ended = True
    finally:
        for process in [] if ended else active_children():
            process.kill()


class Artifacts(Progress):
    """Shows the versions of a run as an artifact; tasks show what is known while they run."""

    def trained(self, outcome: Outcome) -> None:
        if outcome.versions:
            show_versions(outcome.versions)


@task(
    retries=2,
    retry_delay_seconds=[2, 20],
    retry_condition_fn=could_not_read,
    cache_policy=NO_CACHE,
)
def load(data: str, mapping: ColumnMapping | None) -> Dataset:
    """Reads, cleans, splits and stores the stones; tries again when their source does not answer.

    Whoever can start a run may read only what ``check_source`` allows.
    """
    check_source(data)
    try:
        dataset, report = steps.load_and_store(data, mapping)
    except TooManySetAside as error:
        show_dataset(error.report)
        raise
    show_dataset(report)
    return dataset


@task(task_run_name="train-{name}", cache_policy=NO_CACHE)
def train_model(name: str, stones: Dataset | StoredDataset, budget: Budget) -> Trained:
    """Trains, judges and saves one model, unless nothing changed since its stored version was trained.

    On another machine, which finds the stones in its own model store, the version is shared as well.
    """
    flow_run = str(runtime.flow_run.id)
    # Whoever waited finds the version of the other, where nothing changed.
    with concurrency(slot_of(name), lease_duration=LEASE_S):
        dataset = stones.load() if isinstance(stones, StoredDataset) else stones
        trained = steps.train_model(name, dataset, budget, progress_artifact, flow_run=flow_run)
    if isinstance(stones, StoredDataset):
        share(trained.version)
    if trained.is_new:
        show_card(trained.version)
    else:
        get_run_logger().info("Nothing changed since %s was trained.", trained.version.tag)
    return trained


@task(retries=3, retry_delay_seconds=[10, 60, 600], retry_condition_fn=store_away, cache_policy=NO_CACHE)
def promote(versions: list[Version]) -> Decision:
    """Promotes the best version if it beats the champion, which is an event of Prefect's."""
    decision = promote_best(versions)
    if decision.promote:
        emit_event(PROMOTED, resource={"prefect.resource.id": "diamonds.champion"})
    return decision


def _result(future: PrefectFuture[Trained]) -> Result:
    future.wait()  # it has ended; its state is looked at now
    return future.result() if future.state.is_completed() else TaskFailed(future.state.message or LOST)


def summary(decision: Decision, failures: Mapping[str, Exception]) -> str:
    """The decision and the failures of a run, in a line or two."""
    return "\n".join([decision.reason, *([failures_text(failures)] if failures else [])])
