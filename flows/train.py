"""The flow that trains models on fresh stones, saves them as versions and promotes the best."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
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
from diamonds.sharing.files import StoreAway
from diamonds.training import steps
from diamonds.training.budget import Budget
from diamonds.training.elsewhere import NotShared, StoredDataset, brought_here, share
from diamonds.training.outcome import Outcome, Result, Trained, failures_text
from diamonds.training.run import Executor, Progress, run
from diamonds.training.sources import check_source
from diamonds.versions.promotion import Decision, promote_best
from diamonds.versions.version import Version
from flows.artifacts import progress_artifact, show_card, show_dataset, show_decision, show_versions
from flows.cluster import task_runner, workers_ready
from flows.pool import slot_of

PROMOTED = "diamonds.champion.promoted"
"""The event of a promotion: see ``automations.yaml``."""
LOST = "Each worker that trained it ended; see the logs of the workers."
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
    """Executes each step of a run as a task; ``mapping`` says which columns of the data are which."""

    def __init__(self, mapping: ColumnMapping) -> None:
        self._mapping = mapping

    def load(self, data: str) -> Dataset:
        return load(data, self._mapping)

    def train(
        self, wave: Sequence[ModelSpec], dataset: Dataset, budget: Budget, progress: Progress
    ) -> Iterator[tuple[str, Result]]:
        """Submits the models of a wave to the processes or workers, which show their own progress."""
        stones = dataset if settings().dask_scheduler is None else StoredDataset.of(dataset)
        futures = {spec.name: train_model.submit(spec.name, stones, budget) for spec in wave}
        with _hung_processes_killed():
            wait(list(futures.values()))
        for name, future in futures.items():
            yield name, _result(future)

    def training(self) -> AbstractContextManager[object]:
        return workers_ready()

    def promote(self, versions: list[Version]) -> Decision:
        return promote(versions)


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


def _store_away(_task: object, _task_run: object, state: State[Any]) -> bool:
    return _error_of(state, StoreAway)


def _could_not_read(_task: object, _task_run: object, state: State[Any]) -> bool:
    return _error_of(state, OSError)


def _error_of(state: State[Any], kind: type[Exception]) -> bool:
    try:
        state.result()
    except Exception as error:  # noqa: BLE001 - only looks at its type; Prefect raises it in the flow
        return isinstance(error, kind) or isinstance(error.__cause__, kind)
    return False


@task(
    retries=2,
    retry_delay_seconds=[2, 20],
    retry_condition_fn=_could_not_read,
    cache_policy=NO_CACHE,
)
def load(data: str, mapping: ColumnMapping) -> Dataset:
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
    with concurrency(slot_of(name)):  # whoever waited finds the version of the other, where nothing changed
        dataset = stones.load() if isinstance(stones, StoredDataset) else stones
        trained = steps.train_model(name, dataset, budget, progress_artifact, flow_run=flow_run)
    if isinstance(stones, StoredDataset):
        share(trained.version)
    if trained.is_new:
        show_card(trained.version)
    else:
        get_run_logger().info("Nothing changed since %s was trained.", trained.version.tag)
    return trained


@task(retries=3, retry_delay_seconds=[10, 60, 600], retry_condition_fn=_store_away, cache_policy=NO_CACHE)
def promote(versions: list[Version]) -> Decision:
    """Promotes the best version if it beats the champion, which is an event of Prefect's."""
    decision = promote_best(versions)
    if decision.promote:
        emit_event(PROMOTED, resource={"prefect.resource.id": "diamonds.champion"})
    return decision


def _result(future: PrefectFuture[Trained]) -> Result:
    if not future.state.is_completed():
        return TaskFailed(future.state.message or LOST)
    trained = future.result()
    if settings().dask_scheduler is None:
        return trained
    try:
        return brought_here(trained)
    except (NotShared, StoreAway) as error:
        return error


def summary(decision: Decision, failures: Mapping[str, Exception]) -> str:
    """The decision and the failures of a run, in a line or two."""
    return "\n".join([decision.reason, *([failures_text(failures)] if failures else [])])
