"""Loads and stores a dataset, and trains one model on it unless nothing changed: the steps of a run."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from diamonds.database import database_url
from diamonds.dataset import DataReport, Dataset, load_dataset, report_in
from diamonds.dataset.mapping import ColumnMapping
from diamonds.models import spec_named
from diamonds.settings import settings
from diamonds.training.budget import Budget
from diamonds.training.fingerprint import unchanged_version
from diamonds.training.outcome import ModelFailed, Trained
from diamonds.training.own_sales import with_own_sales
from diamonds.training.train import train_version
from diamonds.training.tuning import OnTrial
from diamonds.versions import datasets, store
from diamonds.versions.reference import foreign_source, is_market
from diamonds.versions.version import ACCEPTED, NOT_BETTER

ModelProgress = Callable[[str], AbstractContextManager[OnTrial]]
"""Is open while the model of that name is trained, and gives what receives its trials."""


def load_and_store(data: str, mapping: ColumnMapping | None = None) -> tuple[Dataset, DataReport]:
    """The dataset in ``data``, which is stored now, and its report with what changed since the one before.

    ``mapping`` says which columns of the data are which, by default that of the settings. Where trainings
    learn from sales, the configured market's stones are joined by the sales of quoted stones. What stands
    for a stored dataset is loaded as it is.
    """
    if fingerprint := datasets.referenced(data):
        stored = datasets.load(fingerprint)
        return stored, stored.report
    dataset = load_dataset(data, mapping=mapping)
    if settings().train_on_sales and is_market(dataset.report.source):
        dataset = with_own_sales(dataset)
    return dataset, report_in(datasets.save(dataset).folder)


def train_model(
    name: str, dataset: Dataset, budget: Budget, progress: ModelProgress, *, flow_run: str = ""
) -> Trained:
    """Trains, judges and saves one model, unless the model store has the version that would come of it.

    A version of the same flow run is new: an earlier attempt of the run may have ended before promoting it.
    Where another quotes for the model's name, the version does not until it was found better; nor does one
    that learned from another market than the configured one, until somebody accepts it.
    """
    spec = spec_named(name)
    if unchanged := unchanged_version(spec, dataset.fingerprint, budget):
        return Trained(unchanged, is_new=flow_run != "" and unchanged.labels["flow_run"] == flow_run)
    with progress(name) as on_trial, _readable_errors():
        version = train_version(
            spec,
            dataset,
            trials=budget.trials,
            seed=budget.seed,
            minutes=budget.minutes,
            flow_run=flow_run,
            storage=database_url(),
            on_trial=on_trial,
            more_labels={ACCEPTED: NOT_BETTER} if _waits(name, dataset) else {},
        )
    return Trained(version, is_new=True)


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Replaces the errors of libraries, which a process that has not imported these cannot read.

    It would take the process that trained the model for dead, and with it all others.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("builtins", "diamonds"):
            raise
        raise ModelFailed(f"{type(error).__name__}: {error}") from error


def _waits(name: str, dataset: Dataset) -> bool:
    """Whether a new version of a model does not quote for its name yet."""
    return store.newest(name) is not None or foreign_source(dataset.fingerprint) is not None
