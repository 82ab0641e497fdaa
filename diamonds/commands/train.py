"""``diamonds train``: trains models at a terminal, with a progress bar each, and promotes the best."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from diamonds.commands.errors import FAILED, one_line
from diamonds.commands.versions import as_row, print_json, print_versions
from diamonds.settings import settings

if TYPE_CHECKING:
    from diamonds.dataset import Dataset
    from diamonds.model_store import Version
    from diamonds.models import ModelSpec

PARTLY_FAILED = 3
"""Exit code when some models were trained and others failed."""

log = logging.getLogger(__name__)
terminal = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The versions that were trained, and by name of the model why the others were not."""

    versions: "list[Version]" = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def train(
    model: Annotated[
        list[str] | None, typer.Option(help="A model to train; repeat it for more. Default: every model.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Parameter sets to try for each model.")] = None,
    data: Annotated[str | None, typer.Option(help="Where the sold stones are.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything random.")] = None,
    if_no_champion: Annotated[
        bool, typer.Option("--if-no-champion", help="Do nothing when there is a champion already.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train every model, or the ones named, and promote the best."""
    from diamonds.dataset import load_dataset
    from diamonds.model_store import champion, save_dataset
    from diamonds.models import REGISTRY, spec_named

    if if_no_champion and champion():
        return
    specs = [spec_named(name) for name in model or REGISTRY]
    with terminal.status("Reading the stones ..."):
        dataset = load_dataset(data or settings().data)
    save_dataset(dataset)
    terminal.print(f"{len(dataset.training):,} stones to learn from, {len(dataset.hold_out):,} to judge by.")
    outcome = _train_each(
        specs, dataset, trials or settings().trials, settings().seed if seed is None else seed
    )
    _promote_and_show(outcome, as_json)
    if outcome.failures:
        raise typer.Exit(PARTLY_FAILED)


def _train_each(specs: "list[ModelSpec]", dataset: "Dataset", trials: int, seed: int) -> Outcome:
    from diamonds.training import train_version

    logging.getLogger("optuna").setLevel(logging.WARNING)  # the bars tell of the trials
    outcome = Outcome()
    with _bars() as bars:
        for spec in specs:
            bar = bars.add_task(spec.name, total=1.0)
            show = partial(_show, bars, bar)
            try:
                version = train_version(spec, dataset, trials=trials, seed=seed, progress=show)
            except Exception as error:
                outcome.failures[spec.name] = one_line(error)
                bars.console.print(f"{spec.name} failed: {one_line(error)}", style="red")
                log.debug("Where the error comes from", exc_info=True)
            else:
                outcome.versions.append(version)
                bars.update(bar, completed=1.0)
    return outcome


def _show(bars: Progress, bar: TaskID, done: int, total: int) -> None:
    bars.update(bar, completed=done / (total + 1))  # the fit on all rows follows the last trial


@contextmanager
def _bars() -> Iterator[Progress]:
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=terminal) as bars:
        yield bars


def _promote_and_show(outcome: Outcome, as_json: bool) -> None:
    from diamonds.model_store import champion
    from diamonds.promotion import promote_best

    if not outcome.versions:
        raise typer.Exit(FAILED)
    decision = promote_best(outcome.versions)
    if as_json:
        versions = [as_row(version, champion()) for version in outcome.versions]
        print_json({"versions": versions, "failures": outcome.failures, "decision": asdict(decision)})
        return
    print_versions(outcome.versions, champion())
    terminal.print(decision.reason)
