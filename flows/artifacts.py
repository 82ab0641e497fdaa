"""Artifacts that Prefect's UI shows of a training: progress, dataset, cards, versions and decision."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from diamonds.dataset import DataReport, markdown_of
from diamonds.evaluation.model_card import CARD
from diamonds.training.tuning import OnTrial
from diamonds.versions.promotion import Decision
from diamonds.versions.version import Version


@contextmanager
def progress_artifact(model: str) -> Iterator[OnTrial]:
    """A progress bar of one model's training, complete once the training has succeeded."""
    artifact = create_progress_artifact(
        progress=0.0, key=f"training-{model}", description=f"Training of {model}"
    )
    if not isinstance(artifact, UUID):
        raise TypeError(f"Got {artifact!r} for a new artifact; expected its id.")

    def show(done: int, total: int) -> None:
        update_progress_artifact(artifact, progress=100 * done / (total + 1))  # the last fit follows

    yield show
    update_progress_artifact(artifact, progress=100.0)


def show_dataset(report: DataReport) -> None:
    """The report of a dataset: rows read, rows set aside and why, changes since the previous dataset."""
    create_markdown_artifact(markdown=markdown_of(report), key="dataset")


def show_card(version: Version) -> None:
    """The model card of one version."""
    card = (version.folder / CARD).read_text("utf-8")
    create_markdown_artifact(markdown=card, key=f"card-{version.model}", description=version.tag)


def show_versions(versions: Sequence[Version]) -> None:
    """A table of the versions, the best first, with their metrics on the hold-out."""
    rows = [
        {"version": version.tag, **{name: version.labels[name] for name in ("mae", "rmse", "r2", "mape")}}
        for version in sorted(versions, key=lambda version: version.mae_usd)
    ]
    create_table_artifact(table=rows, key="versions", description="Errors on the hold-out, in USD")


def show_decision(decision: Decision, failures: Mapping[str, Exception]) -> None:
    """Why the best version was promoted or not, and which models failed."""
    failed = [f"- **{name}** failed: {error}" for name, error in failures.items()]
    lines = ["# Promotion", "", decision.reason, "", *failed]
    create_markdown_artifact(markdown="\n".join(lines), key="promotion")
