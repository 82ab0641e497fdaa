"""``diamonds train``: trains models at a terminal, with a progress bar each, and promotes the best."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from diamonds.cli.data import mapping_of
from diamonds.cli.errors import FAILED, one_line
from diamonds.cli.output import print_json
from diamonds.cli.versions import as_row, model_named, print_versions
from diamonds.settings import settings

if TYPE_CHECKING:
    from diamonds.dataset import ColumnMapping
    from diamonds.training.outcome import Outcome
    from diamonds.training.run import Executor
    from diamonds.versions.promotion import Decision

PARTLY_FAILED = 3
"""Exit code when some models were trained and others failed."""


def train(
    model: Annotated[
        list[str] | None, typer.Option(help="A model to train; repeat it for more. Default: every model.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Parameter sets to try for each model.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop the search of each model after so long.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Where the sold stones are.")] = None,
    columns: Annotated[
        str | None, typer.Option(help="Names of the columns of data without a header: carat,cut,...")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="A saved mapping of the columns of the data.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything random.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Train also where nothing changed.")] = False,
    candidates_only: Annotated[
        bool, typer.Option("--candidates-only", help="Let the champion stay, whatever the errors.")
    ] = False,
    if_no_champion: Annotated[
        bool, typer.Option("--if-no-champion", help="Do nothing when there is a champion already.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train every model, or the ones named, and promote the best."""
    from diamonds.cli.progress import TerminalProgress
    from diamonds.models import REGISTRY, spec_named
    from diamonds.training.budget import Budget
    from diamonds.training.outcome import NothingTrained
    from diamonds.training.run import run, take_over_shared
    from diamonds.versions.store import champion

    if if_no_champion:
        take_over_shared()
        if present := champion():
            if as_json:
                print_json(_nothing(f"{present.source_tag} is the champion already."))
            return
    specs = [spec_named(name) for name in map(model_named, model or REGISTRY)]
    budget = Budget.from_settings(trials, seed, force, minutes)
    executor = _executor(mapping_of(mapping, None, columns))
    try:
        outcome, decision = run(
            specs,
            settings().data if data is None else data,
            budget,
            executor,
            TerminalProgress(),
            candidates_only=candidates_only,
        )
    except NothingTrained as error:  # the reasons are shown already
        if as_json:
            print_json({"error": {"message": one_line(error)}})
        raise typer.Exit(FAILED) from None
    _print(outcome, decision, as_json)
    if outcome.failures:
        raise typer.Exit(PARTLY_FAILED)


def _executor(mapping: "ColumnMapping") -> "Executor":
    """What trains: the workers of a cluster, where one is configured, or processes of this machine."""
    from diamonds.training.dask_workers import DaskWorkers
    from diamonds.training.parallel import ProcessPool

    return DaskWorkers(mapping) if settings().dask_scheduler else ProcessPool(mapping)


def _nothing(reason: str) -> dict[str, object]:
    return {"versions": [], "failures": {}, "decision": {"promote": False, "reason": reason}}


def _print(outcome: "Outcome", decision: "Decision | None", as_json: bool) -> None:
    from diamonds.cli.progress import terminal
    from diamonds.versions.promotion import Decision
    from diamonds.versions.store import champion

    decision = decision or Decision(False, "Nothing new was trained.")
    if as_json:
        rows = [as_row(version, champion()) for version in outcome.versions]
        failures = {name: one_line(error) for name, error in outcome.failures.items()}
        print_json({"versions": rows, "failures": failures, "decision": asdict(decision)})
        return
    print_versions(outcome.versions, champion())
    terminal.print(decision.reason)
