"""``diamonds train``: trains models at a terminal, with a progress bar each, and promotes the best."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from diamonds.cli.errors import FAILED, one_line
from diamonds.cli.signals import leaving_on_sigterm
from diamonds.cli.versions import as_row, print_json, print_versions
from diamonds.settings import settings

if TYPE_CHECKING:
    from diamonds.dataset import Dataset
    from diamonds.models import ModelSpec
    from diamonds.training.budget import Effort
    from diamonds.training.parallel import Outcome

PARTLY_FAILED = 3
"""Exit code when some models were trained and others failed."""

log = logging.getLogger(__name__)
terminal = Console(stderr=True)


def train(
    model: Annotated[
        list[str] | None, typer.Option(help="A model to train; repeat it for more. Default: every model.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Parameter sets to try for each model.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop the search of each model after so long.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Where the sold stones are.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything random.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Train also where nothing changed.")] = False,
    if_no_champion: Annotated[
        bool, typer.Option("--if-no-champion", help="Do nothing when there is a champion already.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train every model, or the ones named, and promote the best."""
    from diamonds.dataset import load_dataset
    from diamonds.models import REGISTRY, spec_named
    from diamonds.training.budget import Effort
    from diamonds.versions import datasets
    from diamonds.versions.store import champion

    if if_no_champion and champion():
        return
    specs = [spec_named(name) for name in model or REGISTRY]
    effort = Effort.chosen(trials, seed, force, minutes)
    with terminal.status("Reading the stones ..."):
        dataset = load_dataset(data or settings().data)
    datasets.save(dataset)
    terminal.print(f"{len(dataset.training):,} stones to learn from, {len(dataset.hold_out):,} to judge by.")
    outcome = _train(specs, dataset, effort)
    _tell(outcome)
    if not outcome.versions:
        raise typer.Exit(FAILED)
    _promote_and_show(outcome, as_json)
    if outcome.failures:
        raise typer.Exit(PARTLY_FAILED)


def _train(specs: "list[ModelSpec]", dataset: "Dataset", effort: "Effort") -> "Outcome":
    from diamonds import database
    from diamonds.training.parallel import train_side_by_side

    with leaving_on_sigterm(), database.running(), _bars() as bars:
        tasks = {spec.name: bars.add_task(spec.name, total=1.0) for spec in specs}

        def heard(name: str, done: int, total: int) -> None:
            bars.update(tasks[name], completed=done / (total + 1))  # the fit on all rows follows the last

        outcome = train_side_by_side(specs, dataset, effort, heard)
        for name in outcome.versions:
            bars.update(tasks[name], completed=1.0)
    return outcome


@contextmanager
def _bars() -> Iterator[Progress]:
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=terminal) as bars:
        yield bars


def _tell(outcome: "Outcome") -> None:
    for name in sorted(outcome.kept):
        tag = outcome.versions[name].tag
        terminal.print(
            f"{name}: nothing changed since {tag} was trained. Train it all the same with --force."
        )
    for name, error in outcome.failures.items():
        terminal.print(f"{name} failed: {one_line(error)}", style="red")
        log.debug("Where the error comes from", exc_info=error)


def _promote_and_show(outcome: "Outcome", as_json: bool) -> None:
    from diamonds.versions.promotion import Decision, promote_best
    from diamonds.versions.store import champion

    decision = promote_best(outcome.new) if outcome.new else Decision(False, "Nothing new was trained.")
    versions = list(outcome.versions.values())
    if as_json:
        rows = [as_row(version, champion()) for version in versions]
        failures = {name: one_line(error) for name, error in outcome.failures.items()}
        print_json({"versions": rows, "failures": failures, "decision": asdict(decision)})
        return
    print_versions(versions, champion())
    terminal.print(decision.reason)
