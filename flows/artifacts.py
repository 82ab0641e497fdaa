"""What Prefect's UI shows of a training run: progress, a table of the versions, the decision."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from diamonds.versions.promotion import Decision
from diamonds.versions.version import Version

Progress = Callable[[int, int], None]


@contextmanager
def progress_artifact(model: str) -> Iterator[Progress]:
    """A progress bar of one model's training, full once the training has ended well."""
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
    """What was read, what was set aside and why, and what changed since the dataset before."""
    create_markdown_artifact(markdown=markdown_of(report), key="dataset")


def show_card(version: Version) -> None:
    """The card of one version."""
    card = (version.folder / CARD).read_text()
    create_markdown_artifact(markdown=card, key=f"card-{version.model}", description=version.tag)


def show_versions(versions: Sequence[Version]) -> None:
    """A table of the versions, the best first, with their metrics on the hold-out."""
    rows = [
        {"version": version.tag, **{name: version.labels[name] for name in ("mae", "rmse", "r2", "mape")}}
        for version in sorted(versions, key=lambda version: version.mae_usd)
    ]
    create_table_artifact(table=rows, key="versions", description="Errors on the hold-out, in USD")


def show_decision(decision: Decision, failures: Mapping[str, str]) -> None:
    """Why the champion is what it is, and which models failed."""
    failed = [f"- **{name}** failed: {reason}" for name, reason in failures.items()]
    lines = ["# Promotion", "", decision.reason, "", *failed]
    create_markdown_artifact(markdown="\n".join(lines), key="promotion")
