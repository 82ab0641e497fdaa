"""Shows the progress of ``diamonds train`` at a terminal: a spinner, a bar for each model, the failures."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from diamonds.cli.errors import one_line
from diamonds.cli.output import console
from diamonds.dataset import Dataset
from diamonds.models import ModelSpec
from diamonds.training.outcome import Outcome, Result, Trained
from diamonds.training.run import Progress

log = logging.getLogger(__name__)
terminal = console(stderr=True)


class TerminalProgress(Progress):
    """Shows a run on stderr."""

    def __init__(self) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
        self._bars = Bars(*columns, console=terminal)
        self._tasks: dict[str, TaskID] = {}

    def loading(self) -> AbstractContextManager[object]:
        return terminal.status("Reading the stones ...")

    @contextmanager
    def training(self, specs: Sequence[ModelSpec], dataset: Dataset) -> Iterator[None]:
        learned, judged = len(dataset.training), len(dataset.hold_out)
        terminal.print(f"{learned:,} stones to learn from, {judged:,} to judge by.")
        with self._bars:
            self._tasks = {spec.name: self._bars.add_task(spec.name, total=1.0) for spec in specs}
            yield

    def trial(self, model: str, done: int, total: int) -> None:
        # The fit on all rows follows the last trial.
        self._bars.update(self._tasks[model], completed=done / (total + 1))

    def finished(self, model: str, result: Result) -> None:
        if isinstance(result, Trained):
            self._bars.update(self._tasks[model], completed=1.0)

    def trained(self, outcome: Outcome) -> None:
        for version in sorted(outcome.unchanged, key=lambda version: version.model):
            terminal.print(
                f"{version.model}: nothing changed since {version.tag} was trained. "
                "Train it all the same with --force."
            )
        for name, error in outcome.failures.items():
            terminal.print(f"{name} failed: {one_line(error)}", style="red")
            log.debug("Where the error comes from", exc_info=error)
